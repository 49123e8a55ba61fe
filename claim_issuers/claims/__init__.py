"""What can be claimed, and the claim itself, as frozen values."""
