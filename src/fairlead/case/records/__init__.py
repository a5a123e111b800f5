"""The platform's own records: proposed, loaded, told."""
