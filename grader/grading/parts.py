"""Joins the verdicts on the parts of an exercise into one: each part was run, and judged, on its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import structs

from grader.courses.exercise import Exercise
from grader.records.verdict import GradingEnvironment, Note, Status, Verdict

Item = TypeVar("Item")

# What says nothing of the file's own model, since the runtime made the one that was looked at.
STAND_IN_KINDS = ("prepares", "stops")
FILE_NAME = "what the file trains"


def join_verdicts(exercise: Exercise, verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of an exercise's parts, with the checks in the exercise's order.

    Args:
        exercise: with its parts.
        verdicts: of each part, in their order.
    """
    parts = exercise.split_parts()
    results = {result.id: result for verdict in verdicts for result in verdict.checks}
    checks = [results[spec.id] for spec in exercise.checks]
    score, most = sum(result.points for result in checks), sum(result.max_points for result in checks)
    ended = [(part, verdict) for part, verdict in zip(parts, verdicts, strict=True) if verdict.end != "completed"]
    # A part that was never run doesn't end the others, so its end is that of the whole only where it is everybody's.
    of_all = ended[0][1] if ended and len({verdict.end for _, verdict in ended}) == 1 and len(ended) == len(parts) else None
    worst = of_all or next((verdict for _, verdict in ended if verdict.end != "not_started"), None)
    own = [verdict for part, verdict in zip(parts, verdicts, strict=True) if part.kind not in STAND_IN_KINDS]
    last = verdicts[-1]
    return structs.replace(
        last,
        title=exercise.title,
        status=_pick_status(exercise, verdicts, score, most),
        score=round(score, 6),
        max_score=round(most, 6),
        end=worst.end if worst else "completed",
        end_message="\n".join(_list_messages(ended)),
        end_line=(worst or ended[0][1]).end_line if ended else None,
        end_codes=list(dict.fromkeys(code for _, verdict in ended for code in verdict.end_codes)),
        line_to_cross=next((verdict.line_to_cross for verdict in reversed(verdicts) if verdict.line_to_cross), None),
        checks=checks,
        training=[record for verdict in verdicts for record in verdict.training],
        measured={name: value for verdict in verdicts for name, value in verdict.measured.items()},
        returned=_find_last(verdict.returned for verdict in own),
        notes=_join_notes(verdicts),
        # Each part runs the file anew, so all outputs begin alike.
        stdout=_find_last(verdict.stdout or None for verdict in verdicts) or "",
        timings=_sum_timings(verdicts),
        environment=_find_environment(verdicts),
        layers=_find_last(verdict.layers or None for verdict in own) or [],
    )


def _pick_status(exercise: Exercise, verdicts: Sequence[Verdict], score: float, most: float) -> Status:
    # Sums of points such as 0.1 and 0.2 aren't exact, and rounding must not fail anybody.
    if score >= exercise.pass_mark * most - 1e-9 and not any(verdict.status == "error" for verdict in verdicts):
        return "passed"
    return "error" if any(verdict.status == "error" for verdict in verdicts) else "failed"


def _list_messages(ended: Sequence[tuple[Exercise, Verdict]]) -> list[str]:
    """How parts ended, each message once: a syntax error keeps all of them from being run."""
    told: dict[str, list[str]] = {}
    for part, verdict in ended:
        told.setdefault(verdict.end_message, []).append(part.graded_name or FILE_NAME)
    one = len(told) == 1 and all(verdict.end == "not_started" for _, verdict in ended)
    return [message if one else f"{', '.join(names)}: {message}" for message, names in told.items() if message]


def _join_notes(verdicts: Sequence[Verdict]) -> list[Note]:
    merged = {(note.line, note.message): note for verdict in verdicts for note in verdict.notes}
    return sorted(merged.values(), key=lambda note: (note.line or 0, note.message))


def _sum_timings(verdicts: Sequence[Verdict]) -> dict[str, float]:
    spent: dict[str, float] = {}
    for verdict in verdicts:
        for turn, seconds in verdict.timings.items():
            spent[turn] = round(spent.get(turn, 0.0) + seconds, 3)
    return spent


def _find_environment(verdicts: Sequence[Verdict]) -> GradingEnvironment | None:
    """That of the last part with a trainer, which a plain function and a part that was never run are without."""
    found = [verdict.environment for verdict in verdicts if verdict.environment is not None]
    return _find_last(each if each.backend else None for each in found) or _find_last(found)


def _find_last(values: Iterable[Item | None]) -> Item | None:
    """The last one that isn't None."""
    return next((value for value in reversed(list(values)) if value is not None), None)
