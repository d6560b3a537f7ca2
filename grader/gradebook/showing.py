"""A class in a terminal: who has which grades, how the points are spread, and what goes wrong most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.text import Text

from grader.gradebook.grades import Cell, Row, Sheet, counted, statuses
from grader.reports.cohort import Cohort
from grader.reports.reading import counted as number_of
from grader.reports.reading import number
from grader.reports.screen import MARKS, Screen
from grader.reports.text import line

NAME = 28
BAR = 30
GAP = "  "
STEPS = ("0–9 %", "10–19 %", "20–29 %", "30–39 %", "40–49 %", "50–59 %", "60–69 %", "70–79 %", "80–89 %", "90–99 %", "100 %")


def overview(of: Sheet, shown: int, screen: Screen) -> Iterator[RenderableType]:
    """A row for each student, a column for each exercise; only totals where those don't fit.

    Args:
        shown: the most rows.
    """
    fitting = _fits(of, screen)
    heads = [*(of.exercises if fitting else ["graded"]), "total"]
    rows = [_grades(row, of, fitting=fitting) for row in of.rows[:shown]]
    widths = [max(cell_len(cells[column]) for cells in [heads, *rows]) for column in range(len(heads))]
    name = max(8, min(NAME, screen.width - sum(widths) - len(GAP) * len(widths)))
    yield Text(_line("student", heads, widths, name), style="bold")
    for row, cells in zip(of.rows, rows, strict=False):
        yield Text(_line(_who(row), cells, widths, name))
    yield from _left(len(of.rows), shown)
    yield Text(f"\n{number_of(len(of.rows), 'student')}, {number_of(of.submissions, 'submission')}", style="bold")
    late = sum(bool(cell.grade.note) for row in of.rows for cell in row.cells.values())
    if late:
        yield Text(f"* {number_of(late, 'grade')} with a remark: `grade report EXERCISE` tells it", style="dim")


def exercise(of: Sheet, exercise_id: str, shown: int, screen: Screen) -> Iterator[RenderableType]:
    """A row for each student with a grade for it: points, and what kept them from more."""
    pairs = counted(of, exercise_id)
    points = [_points(cell) for _, cell in pairs]
    width = max(map(cell_len, points), default=0)
    name = max(8, min(NAME, screen.width - width - 2 * len(GAP) - (0 if screen.width < 60 else 24)))
    for (row, cell), score in list(zip(pairs, points, strict=True))[:shown]:
        mark, colour = MARKS[cell.figures.status]
        said = Text(f"{mark} ", style=colour) + Text(_line(_who(row), [score], [width], name))
        remark = cell.grade.note or cell.figures.finding
        room = screen.width - cell_len(said.plain) - len(GAP)
        if remark and room >= 20:
            said += Text(GAP + _cut(remark, room), style="dim")
        yield said
    yield from _left(len(pairs), shown)
    found = statuses(cell for _, cell in pairs)
    nothing = len(of.rows) - len(pairs)
    told = f"{found['passed']} passed, {found['failed']} not passed, {found['error']} not graded, {nothing} handed in nothing"
    yield Text(f"\n{exercise_id}: {number_of(len(of.rows), 'student')}: {told}", style="bold")


def summary(cohort: Cohort, screen: Screen, *, ruled: bool = False) -> Iterator[RenderableType]:
    """How the points of an exercise are spread, and the commonest findings.

    Args:
        ruled: some count less than was earned, which is what is told here.
    """
    if not cohort.graded:
        return
    mean, median = (f"{100 * (share or 0.0):.0f} %" for share in (cohort.mean, cohort.median))
    title = f" {line(cohort.title, 60)}" if cohort.title else ""
    before = ", before lateness" * ruled
    yield Text(f"\n{cohort.exercise}{title}: {cohort.graded:,} graded, mean {mean}, median {median}{before}", style="bold")
    most = max(cohort.spread)
    width = min(BAR, max(5, screen.width - 22))
    for step, count in zip(STEPS, cohort.spread, strict=True):
        bar = "█" * max(round(width * count / most), 1) if count else ""
        yield Text(f"{step:>9} {count:>7,}  {bar}")
    if cohort.findings:
        yield Text("commonest findings", style="dim")
    for finding, count in cohort.findings:
        yield Text(f"{count:>9,} × {_cut(finding, max(20, screen.width - 12))}")


def _fits(of: Sheet, screen: Screen) -> bool:
    columns = sum(max(cell_len(name), 4) + len(GAP) for name in of.exercises)
    return columns + len("1,000/1,000") + len(GAP) + 12 <= screen.width


def _grades(row: Row, of: Sheet, *, fitting: bool) -> list[str]:
    total = f"{number(row.total.score)}/{number(row.total.max_score)}"
    if not fitting:
        return [f"{len(row.cells)} of {len(of.exercises)}", total]
    return [*(_short(row.cells.get(name)) for name in of.exercises), total]


def _short(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return ("!" if not cell.grade.graded else number(cell.grade.score)) + ("*" if cell.grade.note else "")


def _points(cell: Cell) -> str:
    return f"{number(cell.grade.score) if cell.grade.graded else '–'}/{number(cell.grade.max_score)}"


def _who(row: Row) -> str:
    """Names come from archives and tables; `Gradebook` has made them harmless, this makes sure."""
    return line(f"{row.student}  {row.name}" if row.name and row.name != row.student else row.student, 80)


def _line(name: str, cells: Sequence[str], widths: Sequence[int], name_width: int) -> str:
    right = [" " * (width - cell_len(cell)) + cell for cell, width in zip(cells, widths, strict=True)]
    return GAP.join([set_cell_size(_cut(name, name_width), name_width), *right])


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _left(count: int, shown: int) -> Iterator[RenderableType]:
    if count > shown:
        yield Text(f"… {count - shown:,} more; --all shows them, `grade export` writes them", style="dim")
