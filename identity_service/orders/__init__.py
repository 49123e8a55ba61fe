"""Verifies orders that intermediaries sign for a network, answers signed, and finds the mint that fulfils each."""
