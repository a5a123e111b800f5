"""Law as dated data, and the resolver."""
