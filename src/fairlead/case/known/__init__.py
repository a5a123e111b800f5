"""Hash sets of an operation: in, out, explained, certified."""
