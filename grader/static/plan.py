"""What of a file is executed: what the graded function needs, without training a second time; or a script as it is."""

from __future__ import annotations

import ast
import re
from typing import Literal

from msgspec import Struct, field

from grader.records.syntax_tree import parse_python
from grader.records.verdict import Note
from grader.static.names import FUNCTION_NODES, iter_load_nodes
from grader.static.outline import DYNAMIC_NAMES, ModuleOutline, OutlineStep, find_reached_steps
from grader.static.supply import find_missing_names, note_supplied_names
from grader.static.trainings import find_training_names, has_single_fit, is_training_step, iter_fit_calls
from grader.submission.magics import SHELL_MAGICS

ENDING_CALLS = frozenset({"exit", "quit", "sys.exit", "os._exit", "os.abort", "os.kill", "get_ipython"})
SHELL = frozenset({"get_ipython().run_line_magic", "get_ipython().run_cell_magic"})
GPU = re.compile(r"(?<![A-Za-z])[GT]PU(?![A-Za-z])", re.IGNORECASE)
ENDING_EXCEPTIONS = frozenset({"SystemExit", "KeyboardInterrupt"})
HEAVY_METHODS = frozenset(
    {"evaluate", "predict", "fit", "fit_generator", "evaluate_generator", "predict_generator", "predict_classes"}
)
COMPOUND_NODES = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)
DEFINITION_NODES = (*FUNCTION_NODES, ast.ClassDef, ast.Import, ast.ImportFrom)


class ExecutionPlan(Struct, frozen=True, kw_only=True):
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

    `known` are those that are needed according to their names; dynamic code may need others as well.
    """

    needed: set[int]
    known: set[int]
    names: set[str]
    training: set[int]
    training_names: set[str]


def find_reach(whole: ModuleOutline, function: str | None) -> Reach:
    """What the graded function needs, or, for a script (`function` is None), what its trainings need."""
    own = find_training_names(whole)
    training = {step.index for step in whole.steps if is_training_step(step, own | ({function} if function else set()))}
    if function is None:
        last = max(training, default=-1)
        needed, names = find_reached_steps(whole, [], [step for step in whole.steps if step.index in training])
        # What follows the last training can't matter to it, except definitions that are used earlier.
        known = needed = {
            index for index in needed if index <= last or isinstance(whole.steps[index].node, DEFINITION_NODES)
        }
    else:
        known, names = find_reached_steps(whole, [function])
        needed = known
        if whole.definable:
            known = known | {step.index for step in whole.steps if step.names.reads & DYNAMIC_NAMES}
            # With `exec` or an unknown star import nobody can say what is needed, so everything but second trainings
            # runs.
            needed = {step.index for step in whole.steps if not _is_repeated_call(step, function, training, whole)}
            names = names.union(*(step.names.reads for step in whole.steps))
    return Reach(needed=needed, known=known, names=names, training=training, training_names=own)


def make_plan(
    whole: ModuleOutline, source: str, function: str | None, found: Reach, *, alone: bool = True
) -> tuple[ExecutionPlan, list[Note]]:
    """The plan, and the notes that explain it.

    Args:
        whole: the module.
        source: its text.
        function: the graded function, or None for a script.
        found: as `find_reach` gives it for the same function.
        alone: whether nothing else of the file is graded.
    """
    skipped = _find_skipped(whole, function, found)
    blanked, as_true = _find_inner_edits(whole, function, found, skipped)
    kept = [step for step in whole.steps if step.index not in skipped]
    complaints = [node for step in kept for node in _complaints(step.node) if node not in blanked]
    blanked += complaints
    lacking = find_missing_names(kept, found.names, whole.stars)
    graded = next((step.node for step in reversed(whole.steps) if function in step.names.binds), None)
    core = [whole.steps[index].node for index in sorted(found.needed - skipped)]
    plan = ExecutionPlan(
        source=replace_statements(source, blanked, as_true) if blanked or as_true else source,
        skipped=sorted(skipped),
        tolerated=[step.index for step in kept if step.index not in found.known],
        supply=[name for name, _ in lacking],
        mode="script" if function is None else "function",
        single_fit=has_single_fit(core, graded),
    )
    told = "files are graded without a GPU, which they don't need; this line was left out"
    lines_out = [Note(line=node.lineno, message=told) for node in complaints]
    return plan, [*note_supplied_names(lacking), *lines_out, *_note_plan(whole, function, found, skipped if alone else set())]


def _find_skipped(whole: ModuleOutline, function: str | None, found: Reach) -> set[int]:
    """Statements left out: second trainings and what rests on them, long strays, and what would end the process."""
    skipped: set[int] = set()
    gone: set[str] = set()
    for step in whole.steps:
        # Without what was left out the statement could only fail; definitions read names when they are called.
        rests = bool(step.names.now & gone) and not isinstance(step.node, DEFINITION_NODES)
        aside = function is not None and step.index not in found.needed and (rests or _is_stray(step, found))
        ends = _is_process_end(step.node) and not _is_ended_by_training(step.node, function, found)
        if aside or ends or (function is not None and _is_repeated_call(step, function, found.training, whole)):
            skipped.add(step.index)
            gone |= step.names.binds
        else:
            # A later statement binds the name again, so what follows rests on that one.
            gone -= step.names.binds
    return skipped


def _is_stray(step: OutlineStep, found: Reach) -> bool:
    """Not needed, and costly or harmful: training, measuring, loops, what only runs as a program."""
    if isinstance(step.node, DEFINITION_NODES):
        return False
    heavy = any(isinstance(node, ast.Attribute) and node.attr in HEAVY_METHODS for node in iter_load_nodes(step.node))
    loops = isinstance(step.node, (ast.For, ast.While))
    return heavy or loops or step.index in found.training or is_main_guard(step.node)


def _is_repeated_call(step: OutlineStep, function: str, training: set[int], whole: ModuleOutline) -> bool:
    """A plain statement that calls the graded function, and binds no name that nothing else binds and it needs."""
    if step.index not in training or isinstance(step.node, (*DEFINITION_NODES, *COMPOUND_NODES)):
        return False
    called = {
        node.func.id for node in iter_load_nodes(step.node) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    # `history = train()` may stay out only if no function reads `history` later.
    return function in called and all(whole.bindings[name] > 1 or name not in whole.later for name in step.names.binds)


def _is_process_end(node: ast.stmt) -> bool:
    """Whether a plain statement ends the process, or talks to the notebook's shell."""
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ast.unparse(raised)[:40] in ENDING_EXCEPTIONS
    value = node.value if isinstance(node, ast.Expr) else None
    # Chained calls such as `get_ipython().system("...")`: the innermost one decides.
    while isinstance(value, ast.Call):
        called = ast.unparse(value.func)[:40]
        if called in ENDING_CALLS:
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


def _is_ended_by_training(node: ast.stmt, function: str | None, found: Reach) -> bool:
    """Whether a script ends with what trains: `sys.exit(main())`."""
    called = {call.func.id for call in iter_load_nodes(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    return function is None and bool(called & found.training_names)


def is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":` without an else."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def _find_inner_edits(
    whole: ModuleOutline, function: str | None, found: Reach, skipped: set[int]
) -> tuple[list[ast.stmt], list[ast.expr]]:
    """Statements to blank within compound ones that are kept, and main guards to open."""
    blanked: list[ast.stmt] = []
    opened: list[ast.expr] = []
    for step in whole.steps:
        if step.index in skipped or not isinstance(step.node, COMPOUND_NODES):
            continue
        if isinstance(step.node, ast.If) and is_main_guard(step.node):
            # The file isn't run as `__main__`, and its guarded code is meant to run.
            opened.append(step.node.test)
        blanked += [
            node
            for node in _list_plain_statements(step.node)
            if (_is_process_end(node) and not _is_ended_by_training(node, function, found))
            or (function and _is_training_aside(node, function, found))
        ]
    return blanked, opened


def _list_plain_statements(node: ast.stmt) -> list[ast.stmt]:
    """The plain statements within a compound one, those of functions and classes not among them."""
    return [
        part for part in iter_load_nodes(node)
        if isinstance(part, ast.stmt) and not isinstance(part, (*COMPOUND_NODES, *DEFINITION_NODES)) and part is not node
    ]  # fmt: skip


def _is_training_aside(node: ast.stmt, function: str, found: Reach) -> bool:
    """A statement within a kept one that trains although nothing that is needed comes of it."""
    binds = {part.id for part in iter_load_nodes(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    calls = [part for part in iter_load_nodes(node) if isinstance(part, ast.Call)]
    called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    again = bool(called & {function, *found.training_names}) or next(iter_fit_calls(calls), None) is not None
    # A second training whose result the graded function reads has to stay.
    return again and not binds & found.names


def _note_plan(whole: ModuleOutline, function: str | None, found: Reach, skipped: set[int]) -> list[Note]:
    notes: list[Note] = []
    if function is None:
        return notes
    for index in sorted(skipped & found.training):
        node = whole.steps[index].node
        call = next(iter_fit_calls(iter_load_nodes(node)), None)
        if call is not None:
            notes.append(Note(line=call.lineno, message=f"this training is outside {function}() and was not run"))
    plain = [step.node for step in whole.find_binders(function) if isinstance(step.node, FUNCTION_NODES)]
    if len(plain) > 1:
        text = f"{function}() is defined {len(plain)} times; this last one is graded"
        notes.append(Note(line=plain[-1].lineno, message=text))
    return notes


def mentions_convolutions(source: str) -> bool:
    """Whether the code may build convolutions, by the names that it uses; comments and texts don't count.

    >>> mentions_convolutions("layer = layers.Conv2D(8, 3)"), mentions_convolutions("x = 1  # no Conv2D here")
    (True, False)
    """
    try:
        tree = parse_python(source)
    # `grade watch` makes processes ready for a file that can't be run yet.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    words = (
        getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None) or ""
        for node in ast.walk(tree)
    )
    return any("Conv" in word or word.startswith("ResNet") for word in words if isinstance(word, str))


def replace_statements(source: str, nodes: list[ast.stmt], as_true: list[ast.expr]) -> str:
    r"""The source with some statements blanked and some conditions made true.

    Args:
        source: a text.
        nodes: statements to blank, none inside another.
        as_true: conditions on one line each.

    >>> tree = ast.parse("if a:\n    f(1,\n      2); x = 1\n")
    >>> replace_statements("if a:\n    f(1,\n      2); x = 1\n", [tree.body[0].body[0]], [tree.body[0].test])
    'if True:\n    pass; x = 1\n\n'
    """
    lines = source.split("\n")
    places: list[tuple[ast.stmt | ast.expr, str]] = [
        *((node, "pass") for node in nodes),
        *((node, "True") for node in as_true),
    ]
    # From the end, so that a replacement doesn't move the places that are still to come.
    for node, new in sorted(places, key=lambda place: (place[0].lineno, place[0].col_offset), reverse=True):
        _replace_node(lines, node, new)
    return "\n".join(lines)


def _replace_node(lines: list[str], node: ast.stmt | ast.expr, new: str) -> None:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    # The syntax tree counts bytes of UTF-8, not characters.
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    # What follows on the last line after a semicolon moves up to the first.
    lines[first : last + 1] = [before + new + after, *[""] * (last - first)]
