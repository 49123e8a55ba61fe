"""Texts of values: written in one way, read strictly."""
