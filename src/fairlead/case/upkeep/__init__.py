"""Keeping a workspace healthy: doctor, checks, metrics, backups."""
