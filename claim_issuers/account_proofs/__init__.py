"""Proofs that somebody controls an account."""
