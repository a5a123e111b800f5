"""What comes in from a partner: packages, receipts, outcomes."""
