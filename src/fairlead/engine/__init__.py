"""Motion: stages over record batches, local pool, resume, sandbox pool, catalogue."""
