"""What leaves: leads, packages, the release by two officers, recalls."""
