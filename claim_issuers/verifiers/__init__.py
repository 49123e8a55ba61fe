"""Verifying: every check, its outcome and its reason."""
