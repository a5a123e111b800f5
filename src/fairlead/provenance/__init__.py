"""Signals of machine or camera origin, and how they are weighed."""
