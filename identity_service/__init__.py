"""The Identity Information Service: one room for each capability, around the pure library ``claim_issuers``."""
