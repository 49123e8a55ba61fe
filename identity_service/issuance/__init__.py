"""Applications, decisions, claims and their signed forms, status lists and revocation."""
