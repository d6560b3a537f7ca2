"""What every report says of a verdict in the same words: its headline, its figures, what to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

from grader.messages.ends import END_WORDS
from grader.messages.glossary import BASIS_LEGEND
from grader.messages.text import describe_open_places
from grader.records.verdict import CheckResult, LineToCross, TrainingRecord, Verdict

HEADLINES = {"passed": "PASSED", "failed": "NOT PASSED", "error": "NOT GRADED"}
FAULT_SENTENCE = "The grader or the machine failed. This is not your fault and costs no points."
STOP_REASONS = {
    "callback": "stopped by your callback",
    "epochs": "ran all its epochs",
    "limit": "ended by the time limit",
}


def extract_figures(record: TrainingRecord, metric: str) -> list[float]:
    """One figure per epoch; NaN where it wasn't logged."""
    return [logs.get(metric, math.nan) for logs in record.epochs]


def pick_shown_metric(record: TrainingRecord, line: LineToCross | None) -> str | None:
    """The figure to draw: the line's own, else accuracy, else loss; None where none was logged."""
    logged = {key for logs in record.epochs for key, value in logs.items() if math.isfinite(value)}
    wanted = [line.metric] if line else []
    return next((metric for metric in (*wanted, "accuracy", "loss") if metric in logged), None)


def find_crossing(values: Sequence[float], above: float) -> int | None:
    """The first epoch (0-based) above the line."""
    return next((index for index, value in enumerate(values) if value > above), None)


def format_headline(verdict: Verdict) -> str:
    """`PASSED`, `NOT PASSED` or `NOT GRADED`."""
    return HEADLINES[verdict.status]


def format_score(verdict: Verdict) -> str:
    """The points in short: `60 / 100 points`; empty where nothing was graded."""
    if verdict.status == "error":
        return ""
    return f"{format_number(verdict.score)} / {format_number(verdict.max_score)} points"


def describe_ending(verdict: Verdict) -> str:
    """How the run ended, in a sentence, after what is left to fill in; empty where it came to its end."""
    if verdict.status == "error":
        return FAULT_SENTENCE
    ended = "" if verdict.end == "completed" else END_WORDS[verdict.end].sentence
    return " ".join(filter(None, [describe_open(verdict), ended]))


def describe_open(verdict: Verdict) -> str:
    """Which places of the stub are still open, in a sentence; empty where none is known to be.

    Whatever else a check says of such a file follows from these.
    """
    left = verdict.open_places
    return f"{describe_open_places(left.places, left.lines, left.total)}." if left else ""


def list_failures(verdict: Verdict) -> list[CheckResult]:
    """The checks that cost points."""
    return [check for check in verdict.checks if check.status == "failed"]


def describe_bases(verdict: Verdict) -> str:
    """What the words after the points mean, as far as they are there; empty for a quiz, whose points all rest on answers."""
    there = {check.basis for check in verdict.checks} if verdict.environment else set()
    return " · ".join(text for basis, text in BASIS_LEGEND.items() if basis in there)


def describe_next_step(verdict: Verdict, following: str = "") -> str:
    """Suggests the next step in a sentence or two, with commands in backquotes.

    Args:
        following: the command that begins the next exercise, where the caller knows it.
    """
    if verdict.status == "passed":
        return f"`{following}` starts the next exercise." if following else "`grade list` shows the other exercises."
    if verdict.status == "error":
        return "run the same command again. If it fails again, show this report to your instructor."
    if verdict.edition:
        return f"`grade {verdict.edition} {shorten_path(verdict.submission.path, most=120)}` grades it."
    first = describe_first_task(verdict, "run the same command again")
    # Only what ran has an environment; a quiz has neither that nor hints.
    return first + (f" `grade hint {verdict.exercise}` gives a hint." if verdict.environment else "")


def describe_first_task(verdict: Verdict, again: str) -> str:
    """What to do first about a verdict that isn't a pass, in a sentence.

    Args:
        again: how the file is graded again, in words that follow "and".
    """
    if verdict.open_places:
        return f"fill the open places and {again}."
    failed = list_failures(verdict)
    # After any other end the checks failed because of it, so mending the first one would not help.
    if failed and verdict.end in ("completed", "timed_out"):
        return f"look at “{failed[0].title}” first{_describe_place(failed[0])}."
    return f"fix the error above and {again}."


def _describe_place(check: CheckResult) -> str:
    return f" (line {check.line})" if check.line else ""


def put_failures_first(results: Sequence[CheckResult]) -> list[CheckResult]:
    """The checks that cost points before all others; what is skipped or met says nothing that could be mended."""
    return sorted(results, key=lambda check: check.status != "failed")


def list_details(check: CheckResult) -> list[tuple[str, str]]:
    """What a report says of a failed check beside its message, the way out first: labels and texts, some of several lines."""
    details = (("hint", check.hint), ("input", check.given), ("expected", check.expected), ("got", check.got))
    return [(label, text) for label, text in details if text]


def format_detail(label: str, text: str) -> str:
    r"""A detail as plain text; several lines begin below their label.

    >>> format_detail("got", "[[1],\n [2]]")
    'got:\n[[1],\n [2]]'
    """
    return f"{label}:\n{text}" if "\n" in text else f"{label}: {text}"


def put_beside(left: str, right: str, between: str, width: int) -> str | None:
    r"""Two texts of several lines in columns; None where they don't fit beside each other.

    >>> print(put_beside("[[1],\n [2]]", "[[1],\n [3]]", "got", 40))
    [[1],   got  [[1],
     [2]]         [3]]
    """
    lefts, rights = left.split("\n"), right.split("\n")
    wide = max(map(len, lefts))
    if len(lefts) == len(rights) == 1 or wide + max(map(len, rights)) + len(between) + 5 > width:
        return None
    rows = zip_longest(lefts, rights, fillvalue="")
    return "\n".join(
        f"{one.ljust(wide)}   {between if not number else ' ' * len(between)}  {other}".rstrip()
        for number, (one, other) in enumerate(rows)
    )


def describe_training(record: TrainingRecord) -> str:
    """A training in a line: `9 epochs of 60,000 examples in 4 min 11 s (cpu), stopped by your callback`."""
    where = f" ({record.device})" if record.device else ""
    took = (
        ", replayed from an earlier identical training"
        if record.replayed
        else f" in {format_duration(record.seconds)}{where}"
    )
    size = f"{format_count(len(record.epochs), 'epoch')} of {format_count(record.examples, 'example')}"
    return f"{size}{took}, {STOP_REASONS.get(record.stopped_by, record.stopped_by)}"


def format_count(count: int, noun: str) -> str:
    """A number with its noun: `1 line`, `6,000 lines`."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def format_points(check: CheckResult) -> str:
    """Points earned of those there are; a dash where a fault of ours left them open."""
    # A broken check that was given its points shows them.
    open_ = check.status == "error" and check.points == 0
    return f"{'–' if open_ else format_number(check.points)}/{format_number(check.max_points)}"


def shorten_path(path: str, most: int = 60) -> str:
    """The end of a path that is too long to show.

    >>> shorten_path("/srv/autumn/ada/my_solution.py", most=22)
    '…/ada/my_solution.py'
    """
    if len(path) <= most:
        return path
    # The end of a path tells files apart; the beginning is the same for a class.
    tail = path[len(path) - most + 1 :]
    return "…" + (tail[tail.index("/") :] if "/" in tail else tail)


def format_number(value: float) -> str:
    """A figure of points or percent with at most two decimals.

    >>> format_number(100.0), format_number(33.333333)
    ('100', '33.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "–"


def format_figure(value: float, line: float | None = None) -> str:
    """A figure of the logs with four decimals, more where it would look like the line.

    >>> format_figure(0.9552), format_figure(0.99797, 0.998), format_figure(0.998125, 0.998125), format_figure(float("nan"))
    ('0.9552', '0.99797', '0.998125', 'NaN')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(value)
    if value == line:
        return max(f"{value:.4f}", line_figure(line), key=len)
    digits = 4 if line is None else next((d for d in range(4, 11) if f"{value:.{d}f}" != f"{line:.{d}f}"), 10)
    return f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.4g}"


def line_figure(above: float) -> str:
    """A line as its author wrote it: with all its decimals.

    >>> line_figure(0.998), line_figure(0.9981234), line_figure(0.99812 * 3 / 3)
    ('0.998', '0.9981234', '0.99812')
    """
    return f"{above:.10g}"


def format_duration(seconds: float) -> str:
    """A time in words.

    >>> format_duration(0.012), format_duration(31.26), format_duration(251.3), format_duration(4000)
    ('0.01 s', '31.3 s', '4 min 11 s', '1 h 6 min')
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    # From here on one decimal would round to 60.0 s.
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


MEASURE_TITLES = {
    "train_accuracy": "accuracy on the training images",
    "test_accuracy": "accuracy on the test images",
    "held_out_accuracy": "accuracy on the held-out images",
    "train_mae": "mean absolute error on the training rows",
    "test_mae": "mean absolute error on the test rows",
    "held_out_mae": "mean absolute error on the held-out rows",
    "train_mse": "mean squared error on the training rows",
    "test_mse": "mean squared error on the test rows",
    "held_out_mse": "mean squared error on the held-out rows",
}


def list_measurements(verdict: Verdict) -> list[tuple[str, str]]:
    """What the trainer measured on the trained model: words and figure."""
    return [(MEASURE_TITLES.get(key, key), format_figure(value)) for key, value in verdict.measured.items()]


def describe_first_finding(verdict: Verdict) -> str:
    """The first thing that kept a submission from passing, in one line; empty where it passed."""
    if verdict.status == "passed":
        return ""
    failed = list_failures(verdict)
    if verdict.open_places:
        return describe_open(verdict)
    if failed and not describe_ending(verdict):
        return failed[0].title
    return verdict.end_message.split("\n", 1)[0] or describe_ending(verdict) or "Not enough points."


def describe_counts(verdicts: Sequence[Verdict]) -> str:
    """How many there were of each kind.

    >>> describe_counts([])
    'no submissions'
    """
    if not verdicts:
        return "no submissions"
    kinds = {"passed": "passed", "failed": "not passed", "error": "not graded"}
    found = [(sum(verdict.status == kind for verdict in verdicts), word) for kind, word in kinds.items()]
    return f"{format_count(len(verdicts), 'submission')}: " + ", ".join(
        f"{count} {word}" for count, word in found if count
    )
