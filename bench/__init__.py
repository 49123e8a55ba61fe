"""How fast the claim library is, beside the libraries one would use without it: ``python -m bench`` (docs/performance.md)."""
