"""Whether an account may hold a token: every check with its reason, as of one block, and a signed attestation."""
