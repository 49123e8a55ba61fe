"""Tells people what concerns them, by mail: a code to type, a claim that ends, a reading of their data."""
