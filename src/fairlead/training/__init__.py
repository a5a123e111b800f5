"""A made-up seized platform with known truth and benign pictures."""
