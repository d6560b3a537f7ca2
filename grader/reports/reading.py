"""What every report says of a verdict in the same words: its headline, its figures, what to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grader.verdict import CheckResult, LineToCross, TrainingRecord, Verdict

HEADLINES = {"passed": "PASSED", "failed": "NOT PASSED", "error": "NOT GRADED"}
ENDS = {
    "crashed": "Your code stopped with an error.",
    "timed_out": "The time limit was reached.",
    "out_of_memory": "The memory limit was reached.",
    "output_limit": "Your code printed more than the limit and was stopped.",
    "forbidden": "Your code tried something that isn't allowed here and was stopped.",
    "not_started": "Your file was not run.",
}
OURS = "The grader or the machine failed; this is not your fault and costs no points."
STOPPED = {
    "callback": "stopped by your callback",
    "epochs": "ran through all its epochs",
    "limit": "ended by the time limit",
}


def figures(record: TrainingRecord, metric: str) -> list[float]:
    """One figure per epoch; NaN where it wasn't logged."""
    return [logs.get(metric, math.nan) for logs in record.epochs]


def shown_metric(record: TrainingRecord, line: LineToCross | None) -> str | None:
    """The figure to draw: the line's own, else accuracy, else loss; None where none was logged."""
    logged = {key for logs in record.epochs for key, value in logs.items() if math.isfinite(value)}
    wanted = [line.metric] if line else []
    return next((metric for metric in (*wanted, "accuracy", "loss") if metric in logged), None)


def crossed(values: Sequence[float], above: float) -> int | None:
    """The first epoch (0-based) above the line."""
    return next((index for index, value in enumerate(values) if value > above), None)


def headline(verdict: Verdict) -> str:
    """`PASSED`, `NOT PASSED` or `NOT GRADED`."""
    return HEADLINES[verdict.status]


def score(verdict: Verdict) -> str:
    """The points in short: `60 / 100 points`; empty where nothing was graded."""
    if verdict.status == "error":
        return ""
    return f"{number(verdict.score)} / {number(verdict.max_score)} points"


def ending(verdict: Verdict) -> str:
    """How the run ended, in a sentence; empty where it came to its end."""
    if verdict.status == "error":
        return OURS
    return ENDS.get(verdict.end, "")


def failures(verdict: Verdict) -> list[CheckResult]:
    """The checks that cost points."""
    return [check for check in verdict.checks if check.status == "failed"]


def next_step(verdict: Verdict) -> str:
    """What to do now, in a sentence or two; commands stand in backquotes."""
    if verdict.status == "passed":
        return "`grade list` shows the rest of the course."
    if verdict.status == "error":
        return "run the same command again; if it fails again, show this report to your instructor."
    failed = failures(verdict)
    if failed and verdict.end in ("completed", "timed_out"):
        first = f"look first at “{failed[0].title}”{_at(failed[0])}."
    else:
        first = "mend the error that is shown, then run the same command again."
    # Only what ran has an environment; a quiz has neither that nor hints.
    return first + (f" `grade hint {verdict.exercise}` gives a hint." if verdict.environment else "")


def _at(check: CheckResult) -> str:
    return f" (line {check.line})" if check.line else ""


def training(record: TrainingRecord) -> str:
    """A training in a line: `9 epochs of 60,000 examples in 4 min 11 s (cpu), stopped by your callback`."""
    where = f" ({record.device})" if record.device else ""
    took = ", replayed from an earlier equal training" if record.replayed else f" in {duration(record.seconds)}{where}"
    size = f"{counted(len(record.epochs), 'epoch')} of {counted(record.examples, 'example')}"
    return f"{size}{took}, {STOPPED.get(record.stopped_by, record.stopped_by)}"


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 line`, `6,000 lines`."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def points(check: CheckResult) -> str:
    """Points earned of those there are; a dash where a fault of ours left them open."""
    open_ = check.status == "error" and check.points == 0
    return f"{'–' if open_ else number(check.points)}/{number(check.max_points)}"


def file_name(path: str, most: int = 60) -> str:
    """The end of a path that is too long to show.

    >>> file_name("/srv/autumn/ada/my_solution.py", most=22)
    '…/ada/my_solution.py'
    """
    if len(path) <= most:
        return path
    tail = path[len(path) - most + 1 :]
    return "…" + (tail[tail.index("/") :] if "/" in tail else tail)


def number(value: float) -> str:
    """A figure of points or percent with at most two decimals.

    >>> number(100.0), number(33.333333)
    ('100', '33.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "–"


def figure(value: float, line: float | None = None) -> str:
    """A figure of the logs with four decimals, more where it would look like the line.

    >>> figure(0.9552), figure(0.99797, 0.998), figure(0.998125, 0.998125), figure(float("nan"))
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


def duration(seconds: float) -> str:
    """A time in words.

    >>> duration(0.012), duration(31.26), duration(251.3), duration(4000)
    ('0.01 s', '31.3 s', '4 min 11 s', '1 h 6 min')
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


MEASURES = {"train_accuracy": "accuracy on the training images", "test_accuracy": "accuracy on the test images"}


def measured(verdict: Verdict) -> list[tuple[str, str]]:
    """What the trainer measured on the trained model: words and figure."""
    return [(MEASURES.get(key, key), figure(value)) for key, value in verdict.measured.items()]


def finding(verdict: Verdict) -> str:
    """The first thing that kept a submission from passing, in one line; empty where it passed."""
    if verdict.status == "passed":
        return ""
    failed = failures(verdict)
    if failed and not ending(verdict):
        return failed[0].title
    return verdict.end_message.split("\n", 1)[0] or ending(verdict) or "Not enough points."


def counts(verdicts: Sequence[Verdict]) -> str:
    """How many there were of each kind.

    >>> counts([])
    'no submissions'
    """
    if not verdicts:
        return "no submissions"
    kinds = {"passed": "passed", "failed": "not passed", "error": "not graded"}
    found = [(sum(verdict.status == kind for verdict in verdicts), word) for kind, word in kinds.items()]
    return f"{counted(len(verdicts), 'submission')}: " + ", ".join(f"{count} {word}" for count, word in found if count)
