r"""Verdicts as GitHub Markdown, in which student text is never markup.

>>> escape_markdown("*bold* <b> [x](y) | a@b")
'&#42;bold&#42; &lt;b&gt; &#91;x&#93;(y) &#124; a&#64;b'
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator, Sequence

from grader.messages.text import escape_line, escape_text
from grader.records.verdict import CheckResult, Verdict
from grader.reports.reading import (
    describe_bases,
    describe_counts,
    describe_ending,
    describe_first_finding,
    describe_next_step,
    describe_training,
    format_headline,
    format_points,
    format_score,
    list_details,
    list_failures,
    list_measurements,
    shorten_path,
)

MAX_REPORT_BYTES = 1_000_000
STATUS_MARKS = {"passed": "✅", "failed": "❌", "skipped": "➖", "error": "⚠️"}
# Whatever opens markup, a link, a mention or a formula; references such as &#42; are text to Markdown.
ACTIVE_CHARACTERS = re.compile(r"[`*_\[\]#|~\\@$]|(?<=www)\.|:(?=//|[\w+-]+:)")


def escape_markdown(text: str, limit: int = 600) -> str:
    """One line of text from a verdict, as Markdown that shows exactly it."""
    safe = html.escape(escape_line(text, limit), quote=False)
    # html.escape wrote `&lt;` and the like, which hold nothing active.
    return ACTIVE_CHARACTERS.sub(lambda found: f"&#{ord(found[0])};", safe)


def format_code(text: str, limit: int = 600) -> str:
    """The same, in the typeface of code."""
    return f"<code>{escape_markdown(text, limit)}</code>"


def format_code_block(text: str, limit: int = 4000) -> str:
    """Several lines, as they are."""
    return f"<pre>{html.escape(escape_text(text, limit), quote=False)}</pre>"


def render(verdicts: Sequence[Verdict], limit: int = MAX_REPORT_BYTES) -> str:
    """A summary of at most `limit` bytes: what doesn't fit is counted, the submissions that didn't pass come first."""
    parts = [_render_class(verdicts)] if len(verdicts) != 1 else []
    # If the limit cuts something off, it should be what needs no attention.
    ordered = sorted(verdicts, key=lambda verdict: verdict.status == "passed")
    # Room for the sentence about what isn't shown.
    left = limit - sum(len(part.encode()) for part in parts) - 200
    for index, verdict in enumerate(ordered):
        part = "\n".join(_render_verdict(verdict)) + "\n"
        left -= len(part.encode()) + 1
        if left < 0:
            parts.append(f"… {len(ordered) - index:,} more submissions are not shown.\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _render_class(verdicts: Sequence[Verdict]) -> str:
    rows = [
        f"| {STATUS_MARKS[verdict.status]} | {format_code(shorten_path(verdict.submission.path))} | {escape_markdown(verdict.exercise)} "
        f"| {format_score(verdict)} | {escape_markdown(describe_first_finding(verdict), 120)} |"
        for verdict in verdicts[:1000]
    ]
    more = [f"\n… {len(verdicts) - 1000:,} more."] if len(verdicts) > 1000 else []
    head = ["| | submission | exercise | points | first finding |", "|---|---|---|---:|---|"]
    return "\n".join([f"## {describe_counts(verdicts)}", "", *head, *rows, *more, ""])


def _render_verdict(verdict: Verdict) -> Iterator[str]:
    points_ = f", {format_score(verdict)}" if format_score(verdict) else ""
    yield f"## {STATUS_MARKS[verdict.status]} {escape_markdown(verdict.exercise)}: {format_headline(verdict)}{points_}"
    yield ""
    yield " · ".join(
        filter(None, [escape_markdown(verdict.title, 120), format_code(shorten_path(verdict.submission.path))])
    )
    yield ""
    if sentence := describe_ending(verdict):
        yield f"**{sentence}**\n\n{format_code_block(verdict.end_message)}\n"
    yield "| | check | points | basis |"
    yield "|---|---|---:|---|"
    for check in verdict.checks:
        yield f"| {STATUS_MARKS[check.status]} | {escape_markdown(check.title, 200)} | {format_points(check)} | {check.basis} |"
    if legend := describe_bases(verdict):
        yield f"\n{legend}"
    for check in list_failures(verdict):
        yield from _render_finding(check)
    yield from _render_facts(verdict)
    yield f"\n**Next:** {_mark_commands(describe_next_step(verdict))}"


def _render_finding(check: CheckResult) -> Iterator[str]:
    where = f", line {check.line}" if check.line else ""
    yield f"\n**{escape_markdown(check.title, 200)}**{where}\n"
    yield f"- {escape_markdown(check.message)}"
    for label, text in list_details(check):
        if label == "hint":
            yield f"- hint: {escape_markdown(text)}"
        elif "\n" in text:
            # Indented, so that the lines stay inside the item of the list.
            yield f"- {label}:\n{textwrap.indent(format_code_block(text), '  ')}"
        else:
            yield f"- {label}: {format_code(text)}"


def _render_facts(verdict: Verdict) -> Iterator[str]:
    lines = [f"Training (seed {record.seed}): {describe_training(record)}" for record in verdict.training]
    lines += [f"Measured: {name} {value}" for name, value in list_measurements(verdict)]
    lines += [f"Note{f', line {note.line}' if note.line else ''}: {note.message}" for note in verdict.notes[:20]]
    if lines:
        yield ""
    yield from (f"- {escape_markdown(text)}" for text in lines)


def _mark_commands(sentence: str) -> str:
    """A sentence of ours with its commands in code."""
    pieces = sentence.split("`")
    # Every second piece was between backquotes. Escaping the whole sentence would show them as characters.
    return "".join(format_code(piece) if index % 2 else escape_markdown(piece) for index, piece in enumerate(pieces))
