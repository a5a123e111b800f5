"""What pixels carry: measurements on decoded pictures, without files and without opinions."""
