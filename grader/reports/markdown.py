r"""Verdicts as GitHub Markdown, in which student text is never markup.

>>> markup("*bold* <b> [x](y) | a@b")
'&#42;bold&#42; &lt;b&gt; &#91;x&#93;(y) &#124; a&#64;b'
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from grader.reports.reading import (
    counts,
    ending,
    failures,
    file_name,
    finding,
    headline,
    measured,
    next_step,
    points,
    score,
    training,
)
from grader.reports.text import line, visible
from grader.verdict import CheckResult, Verdict

LIMIT = 1_000_000
MARKS = {"passed": "✅", "failed": "❌", "skipped": "➖", "error": "⚠️"}
# Whatever opens markup, a link, a mention or a formula; references such as &#42; are text to Markdown.
ACTIVE = re.compile(r"[`*_\[\]#|~\\@$]|(?<=www)\.|:(?=//|[\w+-]+:)")


def markup(text: str, limit: int = 600) -> str:
    """One line of text from a verdict, as Markdown that shows exactly it."""
    safe = html.escape(line(text, limit), quote=False)
    # html.escape wrote `&lt;` and the like, which hold nothing active.
    return ACTIVE.sub(lambda found: f"&#{ord(found[0])};", safe)


def code(text: str, limit: int = 600) -> str:
    """The same, in the typeface of code."""
    return f"<code>{markup(text, limit)}</code>"


def block(text: str, limit: int = 4000) -> str:
    """Several lines, as they are."""
    return f"<pre>{html.escape(visible(text, limit), quote=False)}</pre>"


def render(verdicts: Sequence[Verdict], limit: int = LIMIT) -> str:
    """A summary of at most `limit` bytes: what doesn't fit is counted, the submissions that didn't pass come first."""
    parts = [_class(verdicts)] if len(verdicts) != 1 else []
    ordered = sorted(verdicts, key=lambda verdict: verdict.status == "passed")
    left = limit - sum(len(part.encode()) for part in parts) - 200
    for index, verdict in enumerate(ordered):
        part = "\n".join(_verdict(verdict)) + "\n"
        left -= len(part.encode()) + 1
        if left < 0:
            parts.append(f"… {len(ordered) - index:,} more submissions are not shown.\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _class(verdicts: Sequence[Verdict]) -> str:
    rows = [
        f"| {MARKS[verdict.status]} | {code(file_name(verdict.submission.path))} | {markup(verdict.exercise)} "
        f"| {score(verdict)} | {markup(finding(verdict), 120)} |"
        for verdict in verdicts[:1000]
    ]
    more = [f"\n… {len(verdicts) - 1000:,} more."] if len(verdicts) > 1000 else []
    head = ["| | submission | exercise | points | first finding |", "|---|---|---|---:|---|"]
    return "\n".join([f"## {counts(verdicts)}", "", *head, *rows, *more, ""])


def _verdict(verdict: Verdict) -> Iterator[str]:
    points_ = f", {score(verdict)}" if score(verdict) else ""
    yield f"## {MARKS[verdict.status]} {markup(verdict.exercise)}: {headline(verdict)}{points_}"
    yield ""
    yield " · ".join(filter(None, [markup(verdict.title, 120), code(file_name(verdict.submission.path))]))
    yield ""
    if sentence := ending(verdict):
        yield f"**{sentence}**\n\n{block(verdict.end_message)}\n"
    yield "| | check | points | basis |"
    yield "|---|---|---:|---|"
    for check in verdict.checks:
        yield f"| {MARKS[check.status]} | {markup(check.title, 200)} | {points(check)} | {check.basis} |"
    for check in failures(verdict):
        yield from _finding(check)
    yield from _facts(verdict)
    yield f"\n**Next:** {_commands(next_step(verdict))}"


def _finding(check: CheckResult) -> Iterator[str]:
    where = f", line {check.line}" if check.line else ""
    yield f"\n**{markup(check.title, 200)}**{where}\n"
    yield f"- {markup(check.message)}"
    for name, value in (("expected", check.expected), ("got", check.got)):
        if value:
            yield f"- {name}: {code(value)}"
    if check.hint:
        yield f"- hint: {markup(check.hint)}"


def _facts(verdict: Verdict) -> Iterator[str]:
    lines = [f"Training (seed {record.seed}): {training(record)}" for record in verdict.training]
    lines += [f"Measured: {name} {value}" for name, value in measured(verdict)]
    lines += [f"Note{f', line {note.line}' if note.line else ''}: {note.message}" for note in verdict.notes[:20]]
    if lines:
        yield ""
    yield from (f"- {markup(text)}" for text in lines)


def _commands(sentence: str) -> str:
    """A sentence of ours with its commands in code."""
    pieces = sentence.split("`")
    return "".join(code(piece) if index % 2 else markup(piece) for index, piece in enumerate(pieces))
