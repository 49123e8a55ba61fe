"""The story of the product, run against the real service on a local chain with the real contracts."""
