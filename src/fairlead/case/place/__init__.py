"""Where the work stands: workspace, session, operations, keys, limits, people."""
