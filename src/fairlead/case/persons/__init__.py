"""Persons: attributed, explained, judged, compared with another country."""
