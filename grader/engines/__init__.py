"""Where runs happen: local processes."""
