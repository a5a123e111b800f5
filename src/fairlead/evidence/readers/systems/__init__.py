"""File systems that The Sleuth Kit does not read, each behind the same few methods."""
