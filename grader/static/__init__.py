"""Inspects a file without running it: findings that end its grading, notes, and a plan of what to execute."""

from __future__ import annotations

import ast
from typing import Literal

from msgspec import Struct, field, structs

from grader.records.clues import Clues
from grader.records.verdict import Note
from grader.static import function as functions
from grader.static.blanks import OpenPlaces, find_blank_function, find_blank_place, find_open_places
from grader.static.dialect import find_other_names
from grader.static.dialect import note_tf1_names as dialect_notes
from grader.static.fit_calls import find_fit_mistakes
from grader.static.hooks import find_callback_mistakes
from grader.static.layer_calls import find_layer_mistakes, find_wrong_shapes
from grader.static.lost import find_lost_results
from grader.static.names import iter_load_nodes
from grader.static.outline import ModuleOutline, build_outline
from grader.static.parsing import ParsedFile, parse_submission
from grader.static.plan import ExecutionPlan, Reach, find_reach, make_plan, mentions_convolutions
from grader.static.slips import (
    collect_call_lines,
    find_function_slips,
    find_graded_function,
    find_shrinking_lines,
)
from grader.static.supply import BUILTIN_NAMES, SUPPLIED_NAMES
from grader.static.trainings import iter_fit_calls
from grader.submission import Finding, Submission

__all__ = [
    "ExecutionPlan",
    "Finding",
    "NameRole",
    "StaticReport",
    "apply_dialect_policy",
    "inspect_submission",
    "mentions_convolutions",
]
REJECTED_CODE = "S108"
NameRole = Literal["only", "function", "callback"]
MAX_FINDINGS = 20


def inspect_submission(
    submission: Submission, function: str | None, stub: str | None = None, *, arguments: int = 0, role: NameRole = "only"
) -> StaticReport:
    """Looks at a submission.

    Args:
        submission: the file as it was read.
        function: the graded function's name, or None for an exercise without one.
        stub: the text that students start from.
        arguments: how many the graded function is called with.
        role: whether the name is the only graded one, which a script that trains may do without, or one of several
            functions, or the class of a callback.
    """
    if submission.fault is not None:
        return _build_refusal(submission.fault)
    try:
        parsed = parse_submission(submission)
        return (
            _build_refusal(parsed) if isinstance(parsed, Finding) else _inspect_parsed(parsed, submission, function, stub, arguments, role)
        )
    # Deep nesting hits the parser or any of our walks over the tree; either way the file can't be read.
    except RecursionError:
        hint = "Write it in shorter expressions."
        return _build_refusal(Finding(code="S101", message="Python can't read this file: it is nested too deeply", hint=hint))


def _build_refusal(*findings: Finding) -> StaticReport:
    return StaticReport(findings=list(findings), notes=[], plan=None)


def _inspect_parsed(
    parsed: ParsedFile, submission: Submission, function: str | None, stub: str | None, arguments: int, role: NameRole
) -> StaticReport:
    whole = build_outline(parsed.tree)
    script = find_reach(whole, None)
    # A function that can't be called as the grader calls it is judged by the file's own call.
    only = role == "only"
    own_call = functions.find_own_call(function, whole, arguments) if function and only and script.training else None
    there = function and not own_call and (not only or whole.find_binders(function) or _can_appear(whole, script, function))
    called = function if there else None
    found = find_reach(whole, called) if called else script
    places = find_open_places(submission, parsed.source, parsed.tree, stub)
    wanted = function if not own_call else None
    findings = _collect_findings(parsed, whole, found, wanted, stub, arguments, places, role) if wanted else []
    dialect = dialect_notes(parsed.tree)
    plan, notes = make_plan(whole, parsed.source, called, found, alone=only)
    script_note = [own_call] if own_call else [] if findings else _note_script(parsed, function, called)
    # A half-filled function has no slips yet: what is missing in it is missing because it isn't written.
    clues = _collect_clues(parsed.tree, function if not places.lines else None)
    # Slips of the function are only worth a word where its values are wrong; a callback that does nothing always is.
    told = [Note(line=cause.line, message=cause.message) for cause in clues.causes if not cause.silent]
    left = [Note(line=None, message=places.describe())] if places.lines and not findings else []
    notes = [*left, *_collect_remarks(submission, parsed), *script_note, *told, *find_other_names(parsed.tree), *notes]
    return StaticReport(findings=findings, notes=[*dialect, *notes], plan=None if findings else plan, dialect=dialect, clues=clues, places=places if places.lines else None)


def _collect_clues(tree: ast.Module, function: str | None) -> Clues:
    graded = find_graded_function(tree, function)
    lost = [*find_wrong_shapes(tree), *find_lost_results(tree)]
    causes = [*find_callback_mistakes(tree), *find_fit_mistakes(tree), *find_layer_mistakes(tree), *lost, *(find_function_slips(graded) if graded else [])]
    return Clues(causes=causes[:MAX_FINDINGS], lost=lost, calls=collect_call_lines(tree), shrinking=find_shrinking_lines(tree))


def _can_appear(whole: ModuleOutline, script: Reach, function: str) -> bool:
    """Whether a name that no statement binds may still be there at run time; a script that trains is taken as one."""
    texts = (node.value for step in whole.steps for node in ast.walk(step.node) if isinstance(node, ast.Constant))
    # `setattr`, `exec` and `globals()[...]` take a name as text, so its text somewhere is a sign.
    told = any(isinstance(text, str) and function in text for text in texts)
    return whole.definable and (told or not script.training)


def _collect_findings(
    parsed: ParsedFile,
    whole: ModuleOutline,
    found: Reach,
    function: str,
    stub: str | None,
    arguments: int,
    places: OpenPlaces,
    role: NameRole,
) -> list[Finding]:
    if whole.find_binders(function):
        last = whole.find_binders(function)[-1].node
        blanks = [fault for fault in [find_blank_function(last, places, parsed.source, stub)] if fault is not None]
        # Where names can appear at run time, no static fault of the call is certain; a class is called as Python has it.
        unsure = whole.definable or role == "callback"
        faults = blanks or ([] if unsure else functions.find_call_faults(function, whole, arguments))
        return faults or _find_in_broken_cells(parsed, found.names - whole.bound - BUILTIN_NAMES - SUPPLIED_NAMES.keys())
    # Nothing can be said for sure; running the file shows it.
    if whole.definable and not found.training:
        return []
    if broken := _find_in_broken_cells(parsed, {function}):
        return broken
    if role != "only":
        return [] if whole.definable else [functions.report_missing_part(function, role == "callback", parsed.tree)]
    if not found.training:
        # A syntax error in a cell that would have trained explains best why nothing trains.
        unread = [cell.finding for cell in parsed.broken if cell.can_train()]
        open_place = find_blank_place(places)
        return unread or ([open_place] if open_place else [functions.report_missing_function(function, whole, parsed.tree, parsed.source)])
    directly = any(True for step in whole.steps for _ in iter_fit_calls(iter_load_nodes(step.node)))
    return (
        []
        if directly or not functions.is_misspelt(function, parsed.tree)
        else [functions.report_missing_function(function, whole, parsed.tree, parsed.source)]
    )


def _find_in_broken_cells(parsed: ParsedFile, names: set[str]) -> list[Finding]:
    """Lists the syntax errors of cells that would have defined one of these names."""
    return [cell.finding for cell in parsed.broken if any(cell.can_define(name) for name in names)]


def _collect_remarks(submission: Submission, parsed: ParsedFile) -> list[Note]:
    notes = [Note(line=None, message=remark) for remark in submission.remarks]
    for cell in parsed.broken[:20]:
        said = cell.finding.message.split("\n")[0]
        notes.append(Note(line=cell.finding.line, message=f"this cell is not Python and was left out ({said})"))
    return notes


def _note_script(parsed: ParsedFile, function: str | None, called: str | None) -> list[Note]:
    if function is None or called is not None:
        return []
    near = functions.find_nearest_function(function, parsed.tree)
    hint = f"; did you mean {near.name}() (line {near.lineno})?" if near else ""
    text = f"there is no function {function}(), so what the file trains is graded{hint}"
    return [Note(line=None, message=text)]


def apply_dialect_policy(report: StaticReport, dialect: Literal["accept", "warn", "reject"]) -> StaticReport:
    """The report as the course's policy has it; a file without TF 1 names is the same under each."""
    if dialect == "accept" or not report.dialect:
        return report
    if dialect == "reject":
        findings = [*report.findings, *_build_findings(report.dialect)]
        return structs.replace(report, findings=findings, notes=_list_other_notes(report), plan=None)
    warnings = [Note(line=note.line, message=f"warning: {note.message}") for note in report.dialect]
    return structs.replace(report, notes=[*warnings, *_list_other_notes(report)])


def _list_other_notes(report: StaticReport) -> list[Note]:
    return [note for note in report.notes if note not in report.dialect]


def _build_findings(notes: list[Note]) -> list[Finding]:
    hint = "This course takes TensorFlow 2 only: change the lines that are named."
    if len(notes) > MAX_FINDINGS:
        hint = f"There are {len(notes) - MAX_FINDINGS} more such places. {hint}"
    shown = notes[:MAX_FINDINGS]
    return [
        Finding(code=REJECTED_CODE, message=note.message, line=note.line, hint=hint if note is shown[-1] else None)
        for note in shown
    ]


class StaticReport(Struct, frozen=True, kw_only=True):
    """Any finding means: not graded further. Notes cost nothing; `dialect` are those of them on TF 1 names.

    `clues` are what the text tells about what checks may find, `places` those of the stub that are still open.
    """

    findings: list[Finding]
    notes: list[Note]
    plan: ExecutionPlan | None
    dialect: list[Note] = field(default_factory=list)
    clues: Clues = field(default_factory=Clues)
    places: OpenPlaces | None = None
