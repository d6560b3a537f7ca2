"""What each check gave, for tables with a column per check."""

from __future__ import annotations

from grader.gradebook.entries import decode_outcomes
from grader.gradebook.grades import GradeCell, GradeSheet, list_grades


def find_checks(sheet: GradeSheet, exercise: str) -> list[str]:
    """An exercise's checks by id, in the order of the newest verdicts that have them."""
    texts = dict.fromkeys(cell.figures.outcomes for _, cell in list_grades(sheet, exercise))
    return list(dict.fromkeys(outcome[0] for text in texts for outcome in decode_outcomes(text)))


def points_of(cell: GradeCell, check: str) -> float | None:
    """The points of a check, before lateness; None where it wasn't judged."""
    found = next((outcome for outcome in decode_outcomes(cell.figures.outcomes) if outcome[0] == check), None)
    return found[2] if found and found[1] in ("passed", "failed") else None
