"""Parsers of archives, file systems and disk images. They run in the sandbox only."""
