"""Tells people by mail what concerns them, and remembers what happened to an onboarding, in codes without names."""
