"""Reads what a file says about itself: by its container's structure, bounded, nothing after its end."""
