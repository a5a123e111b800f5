"""Drawings made on the server: plain SVG without style or script, each beside a table that says the same."""
