"""Leads, statements, packages, receipts."""
