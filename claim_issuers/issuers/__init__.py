"""Issuing: a profile prepares what may be said, and what was prepared is signed once."""
