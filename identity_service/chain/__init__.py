"""What the chain says, and how it is told: JSON-RPC, calls pinned to a block, our own words for the contracts."""
