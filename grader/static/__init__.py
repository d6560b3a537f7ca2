"""What can be said of a file without running it: findings that end its grading, notes, and what of it to execute."""

from __future__ import annotations

import ast

from grader.static import function as functions
from grader.static.blanks import blank, blank_place
from grader.static.dialect import find_other_names
from grader.static.dialect import notes as dialect_notes
from grader.static.hooks import notes as hook_notes
from grader.static.names import at_load
from grader.static.outline import Outline, outline
from grader.static.parsing import Parsed, parse
from grader.static.plan import Plan, Reach, make_plan, reach
from grader.static.policy import under
from grader.static.report import StaticReport
from grader.static.supply import BUILTIN, SUPPLIED
from grader.static.trainings import fits
from grader.submission import Finding, Submission
from grader.verdict import Note

__all__ = ["Finding", "Plan", "StaticReport", "inspect", "under"]


def inspect(
    submission: Submission, function: str | None, stub: str | None = None, *, arguments: int = 0
) -> StaticReport:
    """Looks at a submission.

    Args:
        submission: the file as it was read.
        function: the graded function's name, or None for an exercise without one.
        stub: the text that students start from.
        arguments: how many the graded function is called with.
    """
    if submission.fault is not None:
        return _refused(submission.fault)
    try:
        parsed = parse(submission)
        return (
            _refused(parsed) if isinstance(parsed, Finding) else _inspect(parsed, submission, function, stub, arguments)
        )
    except RecursionError:
        hint = "Write it in shorter expressions."
        return _refused(Finding(code="S101", message="Python can't read this file: it is nested too deeply", hint=hint))


def _refused(*findings: Finding) -> StaticReport:
    return StaticReport(findings=list(findings), notes=[], plan=None)


def _inspect(
    parsed: Parsed, submission: Submission, function: str | None, stub: str | None, arguments: int
) -> StaticReport:
    whole = outline(parsed.tree)
    script = reach(whole, None)
    own_call = functions.own_call(function, whole) if function and not arguments and script.training else None
    there = function and not own_call and (whole.binders(function) or _may_appear(whole, script, function))
    called = function if there else None
    found = reach(whole, called) if called else script
    findings = _findings(parsed, whole, found, function, stub, arguments) if function and not own_call else []
    dialect = dialect_notes(parsed.tree)
    plan, notes = make_plan(whole, parsed.source, called, found)
    script_note = [own_call] if own_call else [] if findings else _script_note(parsed, function, called)
    notes = [*_remarks(submission, parsed), *script_note, *hook_notes(parsed.tree), *find_other_names(parsed.tree), *notes]
    return StaticReport(findings=findings, notes=[*dialect, *notes], plan=None if findings else plan, dialect=dialect)


def _may_appear(whole: Outline, script: Reach, function: str) -> bool:
    """Whether a name that no statement binds may still be there at run time; a script that trains is taken as one."""
    texts = (node.value for step in whole.steps for node in ast.walk(step.node) if isinstance(node, ast.Constant))
    told = any(isinstance(text, str) and function in text for text in texts)
    return whole.definable and (told or not script.training)


def _findings(
    parsed: Parsed, whole: Outline, found: Reach, function: str, stub: str | None, arguments: int
) -> list[Finding]:
    if whole.binders(function):
        last = whole.binders(function)[-1].node
        blanks = [fault for fault in [blank(last, parsed.source, stub)] if fault is not None]
        faults = blanks or ([] if whole.definable else functions.faults(function, whole, arguments))
        return faults or _in_broken_cells(parsed, found.names - whole.bound - BUILTIN - SUPPLIED.keys())
    if whole.definable and not found.training:
        return []
    if broken := _in_broken_cells(parsed, {function}):
        return broken
    if not found.training:
        unread = [cell.finding for cell in parsed.broken if cell.trains()]
        open_place = blank_place(parsed.source)
        return unread or ([open_place] if open_place else [functions.missing(function, whole, parsed.tree, parsed.source)])
    directly = any(True for step in whole.steps for _ in fits(at_load(step.node)))
    return (
        []
        if directly or not functions.is_misspelt(function, parsed.tree)
        else [functions.missing(function, whole, parsed.tree, parsed.source)]
    )


def _in_broken_cells(parsed: Parsed, names: set[str]) -> list[Finding]:
    """The syntax errors of cells that were to bring one of these names."""
    return [cell.finding for cell in parsed.broken if any(cell.defines(name) for name in names)]


def _remarks(submission: Submission, parsed: Parsed) -> list[Note]:
    notes = [Note(line=None, message=remark) for remark in submission.remarks]
    for cell in parsed.broken[:20]:
        said = cell.finding.message.split("\n")[0]
        notes.append(Note(line=cell.finding.line, message=f"this cell is not Python and was left out ({said})"))
    return notes


def _script_note(parsed: Parsed, function: str | None, called: str | None) -> list[Note]:
    if function is None or called is not None:
        return []
    near = functions.nearest(function, parsed.tree)
    hint = f"; did you mean {near.name}() (line {near.lineno})?" if near else ""
    text = f"there is no function {function}(), so what the file trains is graded{hint}"
    return [Note(line=None, message=text)]
