"""grade: a student declares, the grader trains."""

__version__ = "0.1.0"
# What pip installs. The command is `grade`, but that name belongs to another package on the public index.
DISTRIBUTION = "keras-grade"
