"""The law asked for the acts of persons, and its review."""
