"""Fairlead: from a seized platform to fair leads."""

__version__ = "0.1.0"
