"""grade: a student declares, the grader trains."""

__version__ = "0.1.0"
