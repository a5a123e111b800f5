"""Hash sets in and out, the index, matches."""
