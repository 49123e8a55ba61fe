"""The securities: a token's contracts and registries, who issues it, what its control book says, which factories it trusts."""
