"""The ledger of the workspace: checkpoints, proofs, witnesses, where it stands."""
