"""What of a file is executed: what the graded function needs, without training a second time; or a script as it is."""

from __future__ import annotations

import ast
import re
from typing import Literal

from msgspec import Struct, field

from grader.static.edits import without
from grader.static.names import FUNCTIONS, at_load
from grader.static.outline import DYNAMIC, Outline, Step, reached
from grader.static.supply import missing, supplies
from grader.static.trainings import fits, only_one, training_names, trains
from grader.submission.magics import SHELL_MAGICS
from grader.verdict import Note

ENDERS = frozenset({"exit", "quit", "sys.exit", "os._exit", "os.abort", "os.kill", "get_ipython"})
SHELL = frozenset({"get_ipython().run_line_magic", "get_ipython().run_cell_magic"})
GPU = re.compile(r"(?<![A-Za-z])[GT]PU(?![A-Za-z])", re.IGNORECASE)
RAISED = frozenset({"SystemExit", "KeyboardInterrupt"})
HEAVY = frozenset(
    {"evaluate", "predict", "fit", "fit_generator", "evaluate_generator", "predict_generator", "predict_classes"}
)
COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)


class Plan(Struct, frozen=True, kw_only=True):
    """How the student process runs the file.

    Args:
        source: what is executed; its lines are those of the file.
        skipped: indices of top-level statements that are left out.
        tolerated: indices of those whose failure is only noted.
        supply: names that the file uses and never defines.
        mode: call the graded function, or grade what the top level trains.
        single_fit: exactly one `fit` call, not in a loop, so that a gate that fails there can't be mended by another.
    """

    source: str
    skipped: list[int] = field(default_factory=list)
    tolerated: list[int] = field(default_factory=list)
    supply: list[str] = field(default_factory=list)
    mode: Literal["function", "script"] = "function"
    single_fit: bool = False


class Reach(Struct, frozen=True, kw_only=True):
    """Which statements count: their indices, the names that they read, those that train while loading.

    `known` are those that are needed as far as names tell; where more may be, nobody can say which.
    """

    needed: set[int]
    known: set[int]
    names: set[str]
    training: set[int]
    training_names: set[str]


def reach(whole: Outline, function: str | None) -> Reach:
    """What the graded function needs, or, for a script (`function` is None), what its trainings need."""
    own = training_names(whole)
    training = {step.index for step in whole.steps if trains(step, own | ({function} if function else set()))}
    if function is None:
        last = max(training, default=-1)
        needed, names = reached(whole, [], [step for step in whole.steps if step.index in training])
        known = needed = {
            index for index in needed if index <= last or isinstance(whole.steps[index].node, DEFINITIONS)
        }
    else:
        known, names = reached(whole, [function])
        needed = known
        if whole.definable:
            known = known | {step.index for step in whole.steps if step.names.reads & DYNAMIC}
            needed = {step.index for step in whole.steps if not _repeats(step, function, training, whole)}
            names = names.union(*(step.names.reads for step in whole.steps))
    return Reach(needed=needed, known=known, names=names, training=training, training_names=own)


def make_plan(whole: Outline, source: str, function: str | None, found: Reach) -> tuple[Plan, list[Note]]:
    """The plan, and the notes that explain it.

    Args:
        whole: the module.
        source: its text.
        function: the graded function, or None for a script.
        found: as `reach` gives it for the same function.
    """
    skipped = _skipped(whole, function, found)
    blanked, as_true = _inside(whole, function, found, skipped)
    kept = [step for step in whole.steps if step.index not in skipped]
    complaints = [node for step in kept for node in _complaints(step.node) if node not in blanked]
    blanked += complaints
    lacking = missing(kept, found.names, whole.stars)
    graded = next((step.node for step in reversed(whole.steps) if function in step.names.binds), None)
    core = [whole.steps[index].node for index in sorted(found.needed - skipped)]
    plan = Plan(
        source=without(source, blanked, as_true) if blanked or as_true else source,
        skipped=sorted(skipped),
        tolerated=[step.index for step in kept if step.index not in found.known],
        supply=[name for name, _ in lacking],
        mode="script" if function is None else "function",
        single_fit=only_one(core, graded),
    )
    told = "files are graded without a GPU, which they don't need; this line was left out"
    lines_out = [Note(line=node.lineno, message=told) for node in complaints]
    return plan, [*supplies(lacking), *lines_out, *_notes(whole, function, found, skipped)]


def _skipped(whole: Outline, function: str | None, found: Reach) -> set[int]:
    """Statements left out: second trainings and what rests on them, long strays, and what would end the process."""
    skipped: set[int] = set()
    gone: set[str] = set()
    for step in whole.steps:
        rests = bool(step.names.now & gone) and not isinstance(step.node, DEFINITIONS)
        aside = function is not None and step.index not in found.needed and (rests or _stray(step, found))
        ends = _ends(step.node) and not _by_training(step.node, function, found)
        if aside or ends or (function is not None and _repeats(step, function, found.training, whole)):
            skipped.add(step.index)
            gone |= step.names.binds
        else:
            gone -= step.names.binds
    return skipped


def _stray(step: Step, found: Reach) -> bool:
    """Not needed, and costly or harmful: training, measuring, loops, what only runs as a program."""
    if isinstance(step.node, DEFINITIONS):
        return False
    heavy = any(isinstance(node, ast.Attribute) and node.attr in HEAVY for node in at_load(step.node))
    loops = isinstance(step.node, (ast.For, ast.While))
    return heavy or loops or step.index in found.training or is_main_guard(step.node)


def _repeats(step: Step, function: str, training: set[int], whole: Outline) -> bool:
    """A plain statement that calls the graded function, and binds no name that nothing else binds and it needs."""
    if step.index not in training or isinstance(step.node, (*DEFINITIONS, *COMPOUND)):
        return False
    called = {
        node.func.id for node in at_load(step.node) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return function in called and all(whole.bindings[name] > 1 or name not in whole.later for name in step.names.binds)


def _ends(node: ast.stmt) -> bool:
    """Whether a plain statement ends the process, or talks to the notebook's shell."""
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ast.unparse(raised)[:40] in RAISED
    value = node.value if isinstance(node, ast.Expr) else None
    while isinstance(value, ast.Call):
        called = ast.unparse(value.func)[:40]
        if called in ENDERS:
            return True
        if called in SHELL and value.args and getattr(value.args[0], "value", None) in SHELL_MAGICS:
            return False
        value = value.func.value if isinstance(value.func, ast.Attribute) else None
    return False


def _complaints(top: ast.stmt) -> list[ast.stmt]:
    """The statements that end everything where there is no GPU: `raise SystemError("GPU device not found")`, `assert ...`."""
    return [
        node
        for node in ast.walk(top)
        if (isinstance(node, ast.Raise) and node.exc is not None) or isinstance(node, ast.Assert)
        if any(isinstance(part, ast.Constant) and isinstance(part.value, str) and GPU.search(part.value) for part in ast.walk(node))
    ]


def _by_training(node: ast.stmt, function: str | None, found: Reach) -> bool:
    """Whether a script ends with what trains: `sys.exit(main())`."""
    called = {call.func.id for call in at_load(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    return function is None and bool(called & found.training_names)


def is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":` without an else."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def _inside(
    whole: Outline, function: str | None, found: Reach, skipped: set[int]
) -> tuple[list[ast.stmt], list[ast.expr]]:
    """Statements to blank within compound ones that are kept, and main guards to open."""
    blanked: list[ast.stmt] = []
    opened: list[ast.expr] = []
    for step in whole.steps:
        if step.index in skipped or not isinstance(step.node, COMPOUND):
            continue
        if isinstance(step.node, ast.If) and is_main_guard(step.node):
            opened.append(step.node.test)
        blanked += [
            node
            for node in _simple(step.node)
            if (_ends(node) and not _by_training(node, function, found))
            or (function and _trains_aside(node, function, found))
        ]
    return blanked, opened


def _simple(node: ast.stmt) -> list[ast.stmt]:
    """The plain statements within a compound one, those of functions and classes not among them."""
    return [
        part for part in at_load(node)
        if isinstance(part, ast.stmt) and not isinstance(part, (*COMPOUND, *DEFINITIONS)) and part is not node
    ]  # fmt: skip


def _trains_aside(node: ast.stmt, function: str, found: Reach) -> bool:
    """A statement within a kept one that trains although nothing that is needed comes of it."""
    binds = {part.id for part in at_load(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    calls = [part for part in at_load(node) if isinstance(part, ast.Call)]
    called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    again = bool(called & {function, *found.training_names}) or next(fits(calls), None) is not None
    return again and not binds & found.names


def _notes(whole: Outline, function: str | None, found: Reach, skipped: set[int]) -> list[Note]:
    notes: list[Note] = []
    if function is None:
        return notes
    for index in sorted(skipped & found.training):
        node = whole.steps[index].node
        call = next(fits(at_load(node)), None)
        if call is not None:
            notes.append(Note(line=call.lineno, message=f"this training is outside {function}() and was not run"))
    plain = [step.node for step in whole.binders(function) if isinstance(step.node, FUNCTIONS)]
    if len(plain) > 1:
        text = f"{function}() is defined {len(plain)} times; this last one is graded"
        notes.append(Note(line=plain[-1].lineno, message=text))
    return notes
