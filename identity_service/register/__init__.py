"""The register: who holds what on chain, who may move it and which identity contract it has, by block, without names."""
