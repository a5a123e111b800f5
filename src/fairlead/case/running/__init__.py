"""How tables are made: engines and runs."""
