"""Keys at rest: the master key, the signing keys under it, and the wrapping of each party's key."""
