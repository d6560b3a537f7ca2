"""What authors write: courses, exercises, settings, stubs, and the YAML they are written in. Never runs or judges anything."""
