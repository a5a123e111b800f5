"""What `fairlead doctor` looks at, one subject a module."""
