"""Grades for other systems: one module per format, each `render(...) -> str`."""
