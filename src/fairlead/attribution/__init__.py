"""Identifiers, linkage, persons, countries, guard rails."""
