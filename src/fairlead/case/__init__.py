"""The operation: which stage follows which; publishing to the register."""
