"""Orders: what an intermediary instructs a network to do, signed as EIP-712, and every check of it."""
