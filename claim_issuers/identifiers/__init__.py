"""Names of chains, accounts and keys, as the standards write them."""
