"""Verbs: the one way to change anything; each is declared once, and one runner does them all."""
