"""Exhibits: taken in, handed over, verified, stated to be somebody's."""
