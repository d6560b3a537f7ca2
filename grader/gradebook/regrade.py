"""`grade regrade EXERCISE`: judges a class's stored runs by a changed specification, and shows who changes first. Runs nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

import click
import msgspec

from grader import checks
from grader.checks import CHECKS, loading
from grader.courses import course as courses
from grader.courses.course import Course
from grader.courses.exercise import CheckSpec, Exercise
from grader.errors import Exit, UsageError
from grader.gradebook.book import Gradebook
from grader.gradebook.entries import GradebookEntry, VerdictDocuments, VerdictFigures, build_entry, hash_specification
from grader.grading import inspect_file, verdicts
from grader.grading.curves import find_line_to_cross, is_near_miss, should_probe_callbacks
from grader.messages.text import escape_line
from grader.records.run import Run
from grader.records.verdict import Verdict
from grader.reports.reading import format_count, format_number
from grader.submission import Refusal, Submission, parse_bytes

MAX_CHANGE_LINES = 60
# Of these, other ones make other runs.
RUN_FIELDS = ("function", "dataset", "training", "models", "arguments", "callback", "given", "parts", "seed")
LIMIT_ENDS = ("timed_out", "out_of_memory", "output_limit")


@click.command("regrade", options_metavar="[OPTIONS]")
@click.argument("exercise_id", metavar="EXERCISE")
@click.option("--gradebook", metavar="URL", default="sqlite:///gradebook.db", show_default=True, help="Where the verdicts are.")
@click.option("--never-lower", is_flag=True, help="Nobody loses points or a pass: the better verdict stands.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise_id: str, gradebook: str, course: Path | None, never_lower: bool, yes: bool, dry_run: bool) -> int:
    r"""Judge a class's stored runs again, after EXERCISE's points, hints, lines or pass mark were changed.

    Nothing is trained. Shows whose points change and by how much, then asks. The old verdicts are kept.

    \b
    grade batch exercise3 submissions/
    (change exercises/exercise3/exercise.yaml)
    grade regrade exercise3
    """
    found = courses.find_course(course)
    exercise = loading.load_exercise(found, exercise_id)
    book = Gradebook.open(gradebook, must_exist=True)
    figures = book.list_figures(exercise_id)
    if not figures:
        raise UsageError(f"{book.shown}: holds no verdicts of {exercise_id}; `grade batch {exercise_id} …` writes them")
    changes, open_ = find_changes(found, exercise, book, figures)
    told = [change for change in changes if not (never_lower and change.worsens)]
    if stand := len(changes) - len(told):
        click.echo(f"{exercise_id}: {format_count(stand, 'verdict')} would be worse, and stand" + "; nothing to do" * (not told))
    if told or open_ or not stand:
        click.echo(format_verdict_changes(exercise_id, figures, told, open_))
    if not told:
        return Exit.PASSED
    if dry_run or not _ask_agreement(book.shown, yes=yes):
        click.echo("Nothing was written.")
        return Exit.PASSED
    book.write_entries([change.after for change in told])
    click.echo(f"Wrote {format_count(len(told), 'verdict')} to {book.shown}; the old ones are kept there.")
    return Exit.PASSED


def find_changes(
    course: Course, exercise: Exercise, book: Gradebook, figures: Sequence[VerdictFigures]
) -> tuple[list[VerdictChange], Counter[str]]:
    """What becomes of the verdicts by another specification than the present one; and why some can't be judged."""
    todo = {one.key: one for one in figures if one.spec != hash_specification(exercise)}
    olds = {spec: book.find_specification(spec) for spec in {one.spec for one in todo.values()}}
    names = book.list_students()
    found: list[VerdictChange] = []
    open_: Counter[str] = Counter()
    for key, documents in book.iter_documents(list(todo)):
        one = todo[key]
        try:
            found.append(judge_stored_runs(course, olds[one.spec], exercise, one, documents, names.get(one.student, "")))
        except NeedsNewRun as reason:
            open_[str(reason)] += 1
    return sorted(found, key=lambda change: (change.before.student, change.before.key)), open_


def format_verdict_changes(exercise_id: str, figures: Sequence[VerdictFigures], changes: Sequence[VerdictChange], open_: Counter[str]) -> str:
    """Who changes and by how much."""
    differing = [change for change in changes if change.differs]
    lines = [_format_change(change) for change in differing[:MAX_CHANGE_LINES]]
    if len(differing) > MAX_CHANGE_LINES:
        lines.append(f"… {len(differing) - MAX_CHANGE_LINES:,} more")
    scores = [(change.before, change.after.figures) for change in changes]
    up = sum(after.score > before.score for before, after in scores)
    down = sum(after.score < before.score for before, after in scores)
    now = sum(after.status == "passed" != before.status for before, after in scores)
    gone = sum(before.status == "passed" != after.status for before, after in scores)
    rest = len(changes) - up - down
    if not changes and not open_:
        return f"{exercise_id}: {format_count(len(figures), 'verdict')}, all by the present specification; nothing to do"
    lines.append(
        f"{exercise_id}: {format_count(len(changes), 'verdict')} judged again: {up} up, {down} down, {rest} with the same "
        f"score; {now} pass that did not, {gone} no longer pass"
    )
    lines += [
        f"{format_count(count, 'verdict')} can't be judged from what is stored: {reason}; run `grade batch {exercise_id}` again"
        for reason, count in sorted(open_.items())
    ]
    return "\n".join(lines)


def _format_change(change: VerdictChange) -> str:
    before, after = change.before, change.after.figures
    passes = ""
    if before.status != after.status:
        passes = "  now passes" if after.status == "passed" else "  no longer passes"
    why = ", ".join(f"{escape_line(name, 40)} {format_number(old)} → {format_number(new)}" for name, (old, new) in change.checks.items())
    more = f"{after.score - before.score:+.2f}".rstrip("0").rstrip(".")
    difference = "" if more in ("+0", "-0") else f" ({more})"
    most = format_number(after.max_score) if after.max_score == before.max_score else f"{format_number(before.max_score)} → {format_number(after.max_score)}"
    score = f"{format_number(before.score)} → {format_number(after.score)} of {most}{difference}"
    return f"{escape_line(before.student, 40):<20} {score}{passes}" + (f"  [{why}]" if why else "")


def _ask_agreement(shown: str, *, yes: bool) -> bool:
    if yes:
        return True
    # A script can't answer a question, and silence must not change grades.
    if not sys.stdin.isatty():
        click.echo("Add --yes to write the new verdicts.")
        return False
    return click.confirm(f"Write the new verdicts to {shown}?")


class NeedsNewRun(Exception):
    """The stored runs can't tell; the submission has to be graded again. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A verdict before and after; `checks` are those whose points differ, with both."""

    before: VerdictFigures
    after: GradebookEntry
    checks: Mapping[str, tuple[float, float]]

    @property
    def differs(self) -> bool:
        one, other = self.before, self.after.figures
        return (one.score, one.max_score, one.status) != (other.score, other.max_score, other.status) or bool(self.checks)

    @property
    def worsens(self) -> bool:
        """Whether a smaller share of the points is left, or the pass is lost; their number may have changed, too."""
        one, other = self.before, self.after.figures
        # Shares compared without dividing, since the most points may be 0.
        lost = one.score * other.max_score - other.score * one.max_score
        return lost > 1e-6 or one.status == "passed" != other.status


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgedSubmission:
    """A verdict and what it rests on, as `grader.gradebook.build_entry` takes it."""

    verdict: Verdict
    runs: list[Run]
    at: str


def judge_stored_runs(
    course: Course, old: Exercise | None, new: Exercise, figures: VerdictFigures, documents: VerdictDocuments, name: str
) -> VerdictChange:
    """What becomes of a verdict.

    Args:
        old: the specification that it was graded by.
        new: the present one.
        name: the student's.

    Raises:
        NeedsNewRun: its runs can't be judged by the new specification.
    """
    runs = documents.read_runs()
    if old is None or runs is None or documents.source is None:
        raise NeedsNewRun("its runs or its file are not stored")
    if figures.status == "error":
        raise NeedsNewRun("a fault of the grader or the machine kept it from a grade")
    before = documents.read_verdict()
    if runs:
        _check_same_run(old, new, runs)
    source = _rebuild_submission(before, documents.source)
    report = inspect_file(course, new, source)
    timings = {turn: seconds for turn, seconds in before.timings.items() if turn in ("static", "total")}
    if report.findings or report.plan is None:
        # The static look may have changed with the exercise, for example by another number of arguments.
        verdict, runs = verdicts.build_refused_verdict(new, source, report, timings.get("static", 0.0)), []
    elif runs:
        verdict = verdicts.build_verdict(new, source, report, runs, None, timings)
    else:
        raise NeedsNewRun("the file was not run before, and may be run now")
    judged = RejudgedSubmission(verdict=verdict, runs=runs, at=datetime.now(UTC).isoformat(timespec="seconds"))
    # When it came is known to the gradebook, which keeps it with every verdict on the same file.
    after = build_entry(new, figures.student, judged, name=name, source=documents.source)
    return VerdictChange(before=figures, after=after, checks=_compare_points(before, verdict))


def _check_same_run(old: Exercise, new: Exercise, runs: list[Run]) -> None:
    """Raises: NeedsNewRun: what is run has changed, not only what is asked of it."""
    if new.parts:
        raise NeedsNewRun("its runs are of several parts, which are judged as they are run")
    changed = [name for name in RUN_FIELDS if getattr(old, name) != getattr(new, name)]
    if _find_dataset_key(old) != _find_dataset_key(new):
        changed.append("the dataset's files")
    if changed:
        raise NeedsNewRun(f"what is run has changed ({', '.join(changed)})")
    if should_probe_callbacks(new) and (not should_probe_callbacks(old) or find_line_to_cross(old) != find_line_to_cross(new)):
        raise NeedsNewRun("the callbacks have to be tried on another line")
    if old.limits != new.limits and any(run.end.kind in LIMIT_ENDS for run in runs):
        raise NeedsNewRun("it ended at a limit, and the limits have changed")
    if any(run.end.kind == "gated" and not _is_gated(run, new) for run in runs):
        raise NeedsNewRun("its training was not started, and may start now")
    if len(runs) < new.attempts and new.attempts > old.attempts and is_near_miss(runs[-1], new):
        raise NeedsNewRun("it may be tried with further seeds now")
    if _list_trials(old) != _list_trials(new):
        raise NeedsNewRun("what its function is called with has changed")


def _find_dataset_key(exercise: Exercise) -> str | None:
    return exercise.source.key if exercise.source is not None else None


def _is_gated(run: Run, exercise: Exercise) -> bool:
    return any(result.status == "failed" for result in checks.judge_run(run, exercise, only_gates=True))


def _list_trials(exercise: Exercise) -> list[tuple[str, str, bytes, bool]]:
    """The checks that rest on calls of a plain function."""
    return [_describe_trial(spec) for spec in exercise.checks if "trial" in CHECKS[spec.check].evidence]


def _describe_trial(spec: CheckSpec) -> tuple[str, str, bytes, bool]:
    # The gate as well: calls after a failed gate were left out of the stored trials.
    return spec.id, spec.check, msgspec.json.encode(spec.args), spec.gate


def _rebuild_submission(before: Verdict, data: bytes) -> Submission:
    """The file as it was read then."""
    path = PurePath(before.submission.path)
    blank = Submission(path=before.submission.path, name=path.name, sha256=before.submission.sha256)
    try:
        text = parse_bytes(data, path.suffix.lower())
    except Refusal as refusal:
        return msgspec.structs.replace(blank, fault=refusal.finding)
    return msgspec.structs.replace(blank, source=text.source, kind=text.kind, cells=text.cells, remarks=text.remarks)


def _compare_points(before: Verdict, after: Verdict) -> dict[str, tuple[float, float]]:
    one = {check.id: check.points for check in before.checks}
    other = {check.id: check.points for check in after.checks}
    names = dict.fromkeys([*one, *other])
    pairs = {name: (one.get(name, 0.0), other.get(name, 0.0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
