"""The gradebook of a class: every verdict as it comes, in SQLite or PostgreSQL, and what is made of it.

It grades nothing and starts no process.
"""

from grader.gradebook.book import Gradebook
from grader.gradebook.entries import (
    GradebookEntry,
    JudgedSubmission,
    VerdictDocuments,
    VerdictFigures,
    build_entry,
    hash_specification,
)

__all__ = [
    "Gradebook",
    "GradebookEntry",
    "JudgedSubmission",
    "VerdictDocuments",
    "VerdictFigures",
    "build_entry",
    "hash_specification",
]
