"""The gradebook of a class: every verdict as it comes, in SQLite or PostgreSQL, and what is made of it.

It grades nothing and starts no process.
"""

from grader.gradebook.book import Gradebook
from grader.gradebook.entries import Documents, Entry, Figures, Judged, entry, spec_digest

__all__ = ["Documents", "Entry", "Figures", "Gradebook", "Judged", "entry", "spec_digest"]
