"""The append-only log: Merkle tree, checkpoints, witnesses, proofs."""
