"""Category schemes as dated data, one file each, and mappings between them by way of neutral classes."""
