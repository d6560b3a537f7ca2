"""What a class's verdicts say together, counted from the gradebook's figures, and as a report on the terminal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.text import Text

from grader.gradebook.entries import StoredOutcome, VerdictFigures, decode_outcomes
from grader.gradebook.grades import GradeCell, GradeSheet, StudentRow, count_statuses, list_grades
from grader.messages.text import escape_line
from grader.records.verdict import Verdict
from grader.reports.cohort import MIN_FOR_CORRELATION, CheckStatistics, Cohort, compute_correlation_interval
from grader.reports.reading import format_count as number_of
from grader.reports.reading import format_number
from grader.reports.screen import STATUS_MARKS, Screen

MAX_COMMON_FINDINGS = 10
NAME_WIDTH = 28
BAR_WIDTH = 30
COLUMN_GAP = "  "
SPREAD_LABELS = ("0–9 %", "10–19 %", "20–29 %", "30–39 %", "40–49 %", "50–59 %", "60–69 %", "70–79 %", "80–89 %", "90–99 %", "100 %")


class OutcomePattern(Struct, frozen=True, kw_only=True):
    """Submissions with the same outcomes."""

    count: int
    score: float
    max_score: float
    outcomes: dict[str, StoredOutcome]

    @property
    def share(self) -> float:
        return _compute_share(self.score, self.max_score)


def build_cohort(exercise: str, figures: Sequence[VerdictFigures], example: Verdict | None) -> Cohort:
    """One exercise's class.

    Args:
        figures: one for each student.
        example: any verdict of the exercise, for the titles.
    """
    # A fault of ours says nothing about the class.
    graded = [one for one in figures if one.status != "error"]
    # Equal outcomes are decoded and counted once: a class of thousands has few different ones.
    counts = Counter((one.score, one.max_score, one.outcomes) for one in graded)
    patterns = [
        OutcomePattern(count=count, score=score, max_score=most, outcomes={each[0]: each for each in decode_outcomes(text)})
        for (score, most, text), count in counts.items()
    ]
    titles = {check.id: check.title for check in example.checks} if example else {}
    ids = dict.fromkeys(id_ for pattern in patterns for id_ in pattern.outcomes)
    return Cohort(
        exercise=exercise,
        title=example.title if example else "",
        graded=len(graded),
        mean=_compute_mean([(pattern.share, pattern.count) for pattern in patterns]),
        median=_compute_median(patterns),
        spread=_count_spread(patterns),
        findings=_count_findings(patterns, Counter(one.ending for one in graded), titles),
        items=tuple(_build_check_statistics(id_, titles.get(id_, id_), patterns) for id_ in ids),
    )


def _compute_share(points: float, most: float) -> float:
    return points / most if most > 0 else 0.0


def _compute_mean(weighted: Sequence[tuple[float, int]]) -> float | None:
    count = sum(weight for _, weight in weighted)
    return math.fsum(value * weight for value, weight in weighted) / count if count else None


def _compute_median(patterns: Sequence[OutcomePattern]) -> float | None:
    ordered = sorted(patterns, key=lambda pattern: pattern.share)
    count = sum(pattern.count for pattern in ordered)
    return (_find_nth(ordered, (count - 1) // 2) + _find_nth(ordered, count // 2)) / 2 if count else None


def _find_nth(ordered: Sequence[OutcomePattern], place: int) -> float:
    for pattern in ordered:
        place -= pattern.count
        if place < 0:
            return pattern.share
    raise IndexError(place)


def _count_spread(patterns: Sequence[OutcomePattern]) -> tuple[int, ...]:
    """How many got 0-9 %, 10-19 % … 90-99 %, and exactly 100 %."""
    found: Counter[int] = Counter()
    for pattern in patterns:
        # 0.7 * 10 is a little less than 7 in floating point.
        found[max(0, min(10, int(pattern.share * 10 + 1e-9)))] += pattern.count
    return tuple(found[index] for index in range(11))


def _count_findings(
    patterns: Sequence[OutcomePattern], endings: Mapping[str, int], titles: Mapping[str, str]
) -> tuple[tuple[str, int], ...]:
    failed: Counter[str] = Counter()
    for pattern in patterns:
        for id_, status, _, _ in pattern.outcomes.values():
            failed[id_] += pattern.count * (status == "failed")
    named = [(titles.get(id_, id_), count) for id_, count in failed.items() if count]
    named += [(f"run ended: {end.replace('_', ' ')}", count) for end, count in endings.items() if end != "completed"]
    return tuple(sorted(named, key=lambda pair: -pair[1])[:MAX_COMMON_FINDINGS])


def _build_check_statistics(id_: str, title: str, patterns: Sequence[OutcomePattern]) -> CheckStatistics:
    """One check, where it was judged; `rest` is what the other checks of the same submission earned."""
    held = [(pattern, pattern.outcomes[id_]) for pattern in patterns if id_ in pattern.outcomes]
    having = [(pattern, outcome) for pattern, outcome in held if outcome[1] in ("passed", "failed")]
    earned = [(_compute_share(points, most), pattern.count) for pattern, (_, _, points, most) in having]
    rest = [pattern.score - points for pattern, (_, _, points, _) in having]
    discrimination = _compute_correlation(earned, rest)
    return CheckStatistics(
        id=id_,
        title=title,
        judged=sum(pattern.count for pattern, _ in having),
        failed=sum(pattern.count for pattern, (_, status, _, _) in having if status == "failed"),
        facility=_compute_mean(earned),
        discrimination=discrimination,
        discrimination_95=compute_correlation_interval(discrimination, sum(pattern.count for pattern, _ in having)),
    )


def _compute_correlation(weighted: Sequence[tuple[float, int]], others: Sequence[float]) -> float | None:
    """Pearson's, weighted; None below five submissions or where either is constant."""
    count = sum(weight for _, weight in weighted)
    if count < MIN_FOR_CORRELATION or len({value for value, _ in weighted}) < 2 or len(set(others)) < 2:
        return None
    mean = math.fsum(value * weight for value, weight in weighted) / count
    other_mean = math.fsum(other * weight for (_, weight), other in zip(weighted, others, strict=True)) / count
    pairs = [(value - mean, other - other_mean, weight) for (value, weight), other in zip(weighted, others, strict=True)]
    both = math.fsum(one * other * weight for one, other, weight in pairs)
    squares = math.fsum(one * one * weight for one, _, weight in pairs)
    other_squares = math.fsum(other * other * weight for _, other, weight in pairs)
    return both / math.sqrt(squares * other_squares)


def render_overview(of: GradeSheet, shown: int, screen: Screen) -> Iterator[RenderableType]:
    """A row for each student, a column for each exercise; only totals where those don't fit.

    Args:
        shown: the most rows.
    """
    fitting = _has_room(of, screen)
    heads = [*(of.exercises if fitting else ["graded"]), "total"]
    rows = [_format_grades(row, of, fitting=fitting) for row in of.rows[:shown]]
    widths = [max(cell_len(cells[column]) for cells in [heads, *rows]) for column in range(len(heads))]
    name = max(8, min(NAME_WIDTH, screen.width - sum(widths) - len(COLUMN_GAP) * len(widths)))
    yield Text(_format_line("student", heads, widths, name), style="bold")
    for row, cells in zip(of.rows, rows, strict=False):
        yield Text(_format_line(_format_student(row), cells, widths, name))
    yield from _render_rest(len(of.rows), shown)
    yield Text(f"\n{number_of(len(of.rows), 'student')}, {number_of(of.submissions, 'submission')}", style="bold")
    late = sum(bool(cell.grade.note) for row in of.rows for cell in row.cells.values())
    if late:
        yield Text(f"* {number_of(late, 'grade')} with a remark: `grade report EXERCISE` tells it", style="dim")


def render_exercise(of: GradeSheet, exercise_id: str, shown: int, screen: Screen) -> Iterator[RenderableType]:
    """A row for each student with a grade for it: points, and what kept them from more."""
    pairs = list_grades(of, exercise_id)
    points = [_format_points(cell) for _, cell in pairs]
    width = max(map(cell_len, points), default=0)
    name = max(8, min(NAME_WIDTH, screen.width - width - 2 * len(COLUMN_GAP) - (0 if screen.width < 60 else 24)))
    for (row, cell), score in list(zip(pairs, points, strict=True))[:shown]:
        mark, colour = STATUS_MARKS[cell.figures.status]
        said = Text(f"{mark} ", style=colour) + Text(_format_line(_format_student(row), [score], [width], name))
        remark = "; ".join(filter(None, (cell.grade.note, cell.figures.finding)))
        room = screen.width - cell_len(said.plain) - len(COLUMN_GAP)
        if remark and room >= 20:
            said += Text(COLUMN_GAP + _shorten_text(remark, room), style="dim")
        yield said
    yield from _render_rest(len(pairs), shown)
    found = count_statuses(cell for _, cell in pairs)
    without = [row for row in of.rows if exercise_id not in row.cells]
    excused = sum(exercise_id in row.excused for row in without)
    told = f"{found['passed']} passed, {found['failed']} not passed, {found['error']} not graded, {len(without) - excused} handed in nothing"
    told += f", {excused} excused" * bool(excused)
    yield Text(f"\n{exercise_id}: {number_of(len(of.rows), 'student')}: {told}", style="bold")


def render_cohort(cohort: Cohort, screen: Screen, *, ruled: bool = False) -> Iterator[RenderableType]:
    """How the points of an exercise are spread, and the commonest findings.

    Args:
        ruled: whether rules such as lateness lowered some grades; the points shown are those before.
    """
    if not cohort.graded:
        return
    mean, median = (f"{100 * (share or 0.0):.0f} %" for share in (cohort.mean, cohort.median))
    title = f" {escape_line(cohort.title, 60)}" if cohort.title else ""
    before = ", before lateness" * ruled
    yield Text(f"\n{cohort.exercise}{title}: {cohort.graded:,} graded, mean {mean}, median {median}{before}", style="bold")
    most = max(cohort.spread)
    width = min(BAR_WIDTH, max(5, screen.width - 22))
    for step, count in zip(SPREAD_LABELS, cohort.spread, strict=True):
        bar = "█" * max(round(width * count / most), 1) if count else ""
        yield Text(f"{step:>9} {count:>7,}  {bar}")
    if cohort.findings:
        yield Text("commonest findings", style="dim")
    for finding, count in cohort.findings:
        yield Text(f"{count:>9,} × {_shorten_text(finding, max(20, screen.width - 12))}")


def _has_room(of: GradeSheet, screen: Screen) -> bool:
    columns = sum(max(cell_len(name), 4) + len(COLUMN_GAP) for name in of.exercises)
    return columns + len("1,000/1,000") + len(COLUMN_GAP) + 12 <= screen.width


def _format_grades(row: StudentRow, of: GradeSheet, *, fitting: bool) -> list[str]:
    total = f"{format_number(row.total.score)}/{format_number(row.total.max_score)}"
    if not fitting:
        return [f"{len(row.cells)} of {len(of.exercises)}", total]
    return [*(_format_cell(row, name) for name in of.exercises), total]


def _format_cell(row: StudentRow, exercise: str) -> str:
    cell = row.cells.get(exercise)
    if cell is None:
        return "excused" if exercise in row.excused else "–"
    return ("!" if not cell.grade.graded else format_number(cell.grade.score)) + ("*" if cell.grade.note else "")


def _format_points(cell: GradeCell) -> str:
    return f"{format_number(cell.grade.score) if cell.grade.graded else '–'}/{format_number(cell.grade.max_score)}"


def _format_student(row: StudentRow) -> str:
    """Names come from archives and tables; `Gradebook` has made them harmless, this makes sure."""
    return escape_line(f"{row.student}  {row.name}" if row.name and row.name != row.student else row.student, 80)


def _format_line(name: str, cells: Sequence[str], widths: Sequence[int], name_width: int) -> str:
    right = [" " * (width - cell_len(cell)) + cell for cell, width in zip(cells, widths, strict=True)]
    return COLUMN_GAP.join([set_cell_size(_shorten_text(name, name_width), name_width), *right])


def _shorten_text(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _render_rest(count: int, shown: int) -> Iterator[RenderableType]:
    if count > shown:
        yield Text(f"… {count - shown:,} more; --all shows them, `grade export` writes them", style="dim")
