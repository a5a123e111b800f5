"""Exhibits opened read-only, walked, digested; custody records."""
