"""Beginners' slips in the graded function that give wrong values: what its text shows, to be said where values are wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.records.clues import Cause, Symptom
from grader.static.names import FUNCTION_NODES

LOOPS = (ast.For, ast.While)
COPIES = frozenset({"copy", "deepcopy", "array", "asarray", "astype"})
FLATTENING = frozenset({"ravel", "flatten", "flat", "reshape"})
MAX_NAME_CHARS = 60
MAX_CALLS = 5000
MAX_NAMES = 20
# Keras's other names of layers, under the name that a model gives them.
LAYER_ALIASES = {
    "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D", "Convolution2D": "Conv2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
}  # fmt: skip
# With these an argument may be read without its name.
HIDDEN_READS = frozenset({"locals", "eval", "exec", "vars"})


def find_function_slips(node: ast.FunctionDef) -> list[Cause]:
    r"""The slips of a function, the surest first.

    >>> told = find_function_slips(ast.parse("def half(size, pool):\n    return size // 2").body[0])
    >>> told[0].message
    'the argument `pool` is never used'
    """
    finders = (
        _find_early_returns, _find_unused_arguments, _find_sums_kept, _find_reads_of_results, _find_matrix_products
    )  # fmt: skip
    return [cause for find_slips in finders for cause in find_slips(node)]


def _build_cause(message: str, line: int, hint: str, *, argument: str = "", symptom: Symptom = Symptom.WRONG_VALUES) -> Cause:
    return Cause(symptoms=frozenset({symptom}), message=message, line=line, hint=hint, argument=argument, silent=True)


def _find_early_returns(node: ast.FunctionDef) -> Iterator[Cause]:
    """A `return` that every round of a loop comes to."""
    for loop in ast.walk(node):
        # A round that is left by `continue` doesn't come to it, as in a search for the first that fits.
        if isinstance(loop, LOOPS) and not any(isinstance(part, ast.Continue) for part in ast.walk(loop)):
            for statement in loop.body:
                if isinstance(statement, ast.Return):
                    text = "this `return` is inside the loop, so the loop ends in its first round"
                    yield _build_cause(text, statement.lineno, "Move it to the left, after the loops.")


def _find_unused_arguments(node: ast.FunctionDef) -> Iterator[Cause]:
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    if any(part.id in HIDDEN_READS for part in names):
        return
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        uses = [part.lineno for part in names if part.id == argument.arg]
        shown = argument.arg[:MAX_NAME_CHARS]
        if not uses:
            text, line = f"the argument `{shown}` is never used", node.lineno
        elif _is_overwritten(node, argument.arg):
            text, line = f"the argument `{shown}` is overwritten before it is used", min(uses)
        else:
            continue
        hint = f"The result has to depend on `{shown}`; is there a fixed number in its place?"
        yield _build_cause(text, line, hint, argument=argument.arg)
        yield _build_cause(text, line, hint, argument=argument.arg, symptom=Symptom.WRONG_MODEL)


def _is_overwritten(node: ast.FunctionDef, name: str) -> bool:
    """Whether the first statement that mentions a name gives it a value without reading it."""
    for statement in node.body:
        found = [part for part in ast.walk(statement) if isinstance(part, ast.Name) and part.id == name]
        if found:
            # An augmented assignment reads the name, though its node says that it is stored.
            plain = isinstance(statement, ast.Assign) and any(target in found for target in statement.targets)
            return plain and all(isinstance(part.ctx, ast.Store) for part in found)
    return False


def _find_sums_kept(node: ast.FunctionDef) -> Iterator[Cause]:
    """A sum that goes on from one place of the result to the next: it is added to in a loop, and set only outside."""
    loops = [loop for loop in node.body if isinstance(loop, LOOPS)]
    inside = [part for loop in loops for part in ast.walk(loop)]
    added: dict[str, ast.stmt] = {}
    assigned: set[str] = set()
    for part in inside:
        match part:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add()):
                added.setdefault(name, part)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if _mentions(value, name):
                    added.setdefault(name, part)
                else:
                    assigned.add(name)
    stored = [part.value for part in inside if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Subscript)]
    for name in list(added)[:MAX_NAMES]:
        if name not in assigned and any(_mentions(value, name) for value in stored):
            first = next((part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == name), node)
            text = f"`{name[:MAX_NAME_CHARS]}` is set once, before the loops, so each sum goes on from the one before"
            yield _build_cause(text, first.lineno, "Set it to 0 inside the loops, anew for each number of the result.")


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _find_reads_of_results(node: ast.FunctionDef) -> Iterator[Cause]:
    """A copy that is written into and read from at other places, where the original should be read."""
    arguments = {argument.arg for argument in node.args.args}
    copies: dict[str, str] = {}
    for part in ast.walk(node):
        match part:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=original)) if original in arguments:
                copies[name] = original
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if (copied := _find_copied(call)) in arguments:
                    copies[name] = copied
    cells = [part for part in ast.walk(node) if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name)]
    for name, original in list(copies.items())[:MAX_NAMES]:
        own = [part for part in cells if getattr(part.value, "id", "") == name]
        stored = {ast.dump(part.slice) for part in own if isinstance(part.ctx, ast.Store)}
        read = next((part for part in own if isinstance(part.ctx, ast.Load) and ast.dump(part.slice) not in stored), None)
        if stored and read is not None:
            shown = name[:MAX_NAME_CHARS]
            text = f"this line reads from `{shown}`, the array that is being changed"
            hint = f"Read from `{original[:MAX_NAME_CHARS]}`, and write into `{shown}`."
            # Under the argument's own name nothing is left that could be read.
            hint = f"Give the copy another name, such as `result`, and read from `{shown}`." if name == original else hint
            yield _build_cause(text, read.lineno, hint)


def _find_matrix_products(node: ast.FunctionDef) -> Iterator[Cause]:
    """`@` and its like, where numbers are to be multiplied one by one."""
    for part in ast.walk(node):
        match part:
            case ast.BinOp(op=ast.MatMult(), left=left, right=right):
                shown, operands = "@", [left, right]
            case ast.Call(func=ast.Attribute(attr="dot" | "matmul" as shown), args=operands):
                pass
            case _:
                continue
        # Of two rows of numbers it is the sum of products.
        flat = any(isinstance(item, ast.Attribute) and item.attr in FLATTENING for each in operands for item in ast.walk(each))
        if not flat:
            text = f"`{shown}` multiplies matrices, rows by columns"
            yield _build_cause(text, part.lineno, "`*` multiplies number by number; `np.sum(...)` adds the products up.")


def _find_copied(call: ast.Call) -> str:
    """The name that `np.copy(image)`, `image.copy()` and the like make a copy of."""
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if named not in COPIES:
        return ""
    source = call.args[0] if call.args else getattr(call.func, "value", None)
    own = getattr(call.func, "value", None)
    found = next((item for item in (own, source) if isinstance(item, ast.Name) and item.id not in ("np", "numpy", "copy")), None)
    return found.id if found is not None else ""


def collect_call_lines(tree: ast.Module) -> dict[str, list[int]]:
    """The lines of the calls that make a model: of classes and of `compile`, by name, in the order of the text."""
    lines: dict[str, list[int]] = {}
    calls = sorted((part for part in ast.walk(tree) if isinstance(part, ast.Call)), key=lambda part: (part.lineno, part.col_offset))
    for call in calls[:MAX_CALLS]:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "compile" or name[:1].isupper():
            lines.setdefault(LAYER_ALIASES.get(name, name), []).append(call.lineno)
    return lines


def find_shrinking_lines(tree: ast.Module) -> list[int]:
    """The lines of convolutions without `padding='same'`; a kernel of one pixel needs none."""
    return sorted({node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_shrinking(node)})[:MAX_NAMES]


def _is_shrinking(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if LAYER_ALIASES.get(name, name) != "Conv2D":
        return False
    named = {word.arg: ast.unparse(word.value) for word in call.keywords}
    kernel = named.get("kernel_size", ast.unparse(call.args[1]) if len(call.args) > 1 else "")
    padding = named.get("padding", ast.unparse(call.args[3]) if len(call.args) > 3 else "'valid'")
    return padding.strip("'\"").lower() != "same" and kernel not in ("1", "(1, 1)", "[1, 1]") and None not in named


def find_graded_function(tree: ast.Module, name: str | None) -> ast.FunctionDef | None:
    """The last definition of the graded function at the left margin."""
    found = [node for node in tree.body if isinstance(node, FUNCTION_NODES) and node.name == name]
    return found[-1] if found and isinstance(found[-1], ast.FunctionDef) else None
