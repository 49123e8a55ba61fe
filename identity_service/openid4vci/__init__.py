"""Gives credentials to wallets: OpenID for Verifiable Credential Issuance 1.0, with its authorization server."""
