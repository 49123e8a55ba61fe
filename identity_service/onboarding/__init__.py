"""From an account to an identity contract with claims, and into a token's identity registry."""
