"""Methods of callbacks that Keras never calls, and flags that end nothing: misspelt, so that nothing happens."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from grader.records.clues import Cause, Symptom
from grader.static.names import FUNCTION_NODES

HOOK_TURNS = ("epoch", "train", "test", "predict", "batch", "train_batch", "test_batch", "predict_batch")
HOOKS = tuple(f"on_{turn}_{end}" for turn in HOOK_TURNS for end in ("begin", "end"))
STOP_FLAG = "stop_training"
# Where a flag that is set ends no training at its line.
MISPLACED_HOOKS = {
    "on_epoch_begin": "comes before an epoch, when `logs` has no figures of it",
    "on_train_begin": "comes once, before the first epoch",
    "on_train_end": "comes once, when the training is over",
}
# What a hook has under another name.
HOOK_NAMES = {
    "accuracy": "logs['accuracy']", "acc": "logs['accuracy']", "val_accuracy": "logs['val_accuracy']", "loss": "logs['loss']",
    "model": "self.model", "history": "logs['accuracy']",
}  # fmt: skip
MIN_LIKENESS = 0.8
MAX_NAME_CHARS = 60


def find_callback_mistakes(tree: ast.Module) -> list[Cause]:
    r"""One for each place, by line.

    >>> told = find_callback_mistakes(ast.parse("class C(keras.callbacks.Callback):\n  def on_epochs_end(self, epoch, logs): pass"))
    >>> told[0].message
    'Keras never calls `on_epochs_end`; did you mean `on_epoch_end`?'
    """
    # Judged by the base's name, since nothing is imported here; a class that isn't a callback gets no note.
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_callback(node)]
    finders = (
        _find_misspelt_hooks, _find_wrong_flags, _find_misplaced_flag, _find_compared_flag, _find_wrong_conditions,
        _find_flag_without_condition, _find_called_flag,
    )  # fmt: skip
    found = [cause for node in classes for find_mistakes in finders for cause in find_mistakes(node)]
    of_names = [cause for node in classes for cause in _find_bare_names(node, tree)]
    return [*found, *of_names, *_find_hooks_outside(tree, classes), *_find_missing_flag(tree, classes)]


def _find_missing_flag(tree: ast.Module, classes: list[ast.ClassDef]) -> Iterator[Cause]:
    """A callback that looks at its epochs and never sets the flag to True, in a file in which nothing else does."""
    values = [part.value for part in ast.walk(tree) if isinstance(part, ast.Assign) and any(map(_is_flag, part.targets))]
    # `setattr` names the flag in a text, and what isn't plainly False may be True.
    named = any(isinstance(part, ast.Constant) and part.value == STOP_FLAG for part in ast.walk(tree))
    mentioned = any(_is_flag(part) for part in ast.walk(tree)) and not values
    if named or mentioned or any(not (isinstance(value, ast.Constant) and value.value is False) for value in values):
        return
    hooks = [part for node in classes for part in node.body if isinstance(part, FUNCTION_NODES) and part.name in HOOKS]
    for hook in [hook for hook in hooks if any(isinstance(part, ast.Compare) for part in ast.walk(hook))][:1]:
        does = f"`{hook.name}` sets `{STOP_FLAG}` to False, which ends nothing" if values else f"nothing in `{hook.name}` ends the training"
        text = f"{does}: set `self.model.{STOP_FLAG} = True` there"
        yield Cause(symptoms=frozenset({Symptom.NEVER_STOPPED}), line=hook.lineno, message=text, silent=True)


def _is_flag(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == STOP_FLAG


def _find_flag_without_condition(node: ast.ClassDef) -> Iterator[Cause]:
    """A flag that is set beside a condition instead of in it."""
    for hook in node.body:
        if not isinstance(hook, FUNCTION_NODES) or hook.name != "on_epoch_end":
            continue
        # A `return` in a condition above keeps the line from being reached.
        leaves = any(isinstance(part, (ast.Return, ast.Raise)) for part in ast.walk(hook))
        for statement in [] if leaves else hook.body:
            match statement:
                case ast.Assign(targets=[ast.Attribute(attr="stop_training")], value=ast.Constant(value=True)):
                    text = "this line stands outside the `if`, so every training ends after its first epoch"
                    yield Cause(symptoms=frozenset({Symptom.WRONG_STOP}), line=statement.lineno, message=text, hint="Indent it, so that it belongs to the `if`.", silent=True)


def _build_cause(line: int, message: str, *symptoms: Symptom) -> Cause:
    return Cause(symptoms=frozenset({Symptom.NEVER_STOPPED, *symptoms}), line=line, message=message)


def _is_callback(node: ast.ClassDef) -> bool:
    named = (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases)
    return any(name.lower().endswith("callback") for name in named)


def _find_misspelt_hooks(node: ast.ClassDef) -> Iterator[Cause]:
    for part in node.body:
        if isinstance(part, FUNCTION_NODES) and part.name not in HOOKS and part.name.lower().startswith("on"):
            near = difflib.get_close_matches(part.name[:MAX_NAME_CHARS].lower(), HOOKS, n=1, cutoff=MIN_LIKENESS)
            if near:
                text = f"Keras never calls `{part.name[:MAX_NAME_CHARS]}`; did you mean `{near[0]}`?"
                yield _build_cause(part.lineno, text)


def _find_wrong_flags(node: ast.ClassDef) -> Iterator[Cause]:
    """Where something like the flag is set, but never the flag itself."""
    stored = [part for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)]
    # The right flag is set somewhere in the class, so another attribute of a similar name is no mistake.
    if any(part.attr == STOP_FLAG and not isinstance(part.value, ast.Name) for part in stored):
        return
    for part in stored:
        own = part.attr == STOP_FLAG and isinstance(part.value, ast.Name) and part.value.id == "self"
        misspelt = part.attr != STOP_FLAG and difflib.SequenceMatcher(None, part.attr[:MAX_NAME_CHARS].lower(), STOP_FLAG).ratio() > MIN_LIKENESS
        if own or misspelt:
            shown = ast.unparse(part)[:MAX_NAME_CHARS]
            yield _build_cause(part.lineno, f"`{shown}` ends no training; `self.model.{STOP_FLAG} = True` does")


def _find_misplaced_flag(node: ast.ClassDef) -> Iterator[Cause]:
    """A hook that sets the flag too late or too early, where no other method sets it."""
    setting = [part for part in node.body if isinstance(part, FUNCTION_NODES) and _is_flag_setter(part)]
    # With several places that set the flag, one of them may be the right one.
    if len(setting) == 1 and (when := MISPLACED_HOOKS.get(setting[0].name)) is not None:
        text = f"`{setting[0].name}` {when}; set `self.model.{STOP_FLAG} = True` in `on_epoch_end(self, epoch, logs=None)`"
        yield _build_cause(setting[0].lineno, text, Symptom.WRONG_STOP, Symptom.CALLBACK_RAISED)


def _is_flag_setter(method: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Attribute) and part.attr == STOP_FLAG and isinstance(part.ctx, ast.Store) for part in ast.walk(method)
    )


def _find_wrong_conditions(node: ast.ClassDef) -> Iterator[Cause]:
    """Conditions on the accuracy that can't be meant: the wrong way round, exact, or with a number of per cent."""
    for part in ast.walk(node):
        match part:
            case ast.If(test=ast.Compare(left=left, ops=[sign], comparators=[ast.Constant(value=int() | float() as line)])) if (
                _mentions_accuracy(left) and any(map(_is_flag_setter, part.body))
            ):
                yield from _describe_condition(part.lineno, sign, line)
                yield from _find_flags_in_else(part)


def _find_flags_in_else(node: ast.stmt) -> Iterator[Cause]:
    """The flag in `else` too, so that both ways end the training."""
    setting = [part for part in getattr(node, "orelse", []) if isinstance(part, ast.Assign) and any(map(_is_flag, part.targets))]
    for part in setting:
        if isinstance(part.value, ast.Constant) and part.value.value is True:
            text = "this line in `else` ends the training whenever the condition isn't met"
            yield Cause(symptoms=frozenset({Symptom.WRONG_STOP}), line=part.lineno, message=text, hint="Take the `else` away.", silent=True)


def _describe_condition(number: int, sign: ast.cmpop, line: float) -> Iterator[Cause]:
    if isinstance(sign, (ast.Gt, ast.GtE)) and 1 < line <= 100:
        text = f"accuracies are between 0 and 1, so none is above {line:g}; {line:g} % is {line / 100:g}"
        yield Cause(symptoms=frozenset({Symptom.NEVER_STOPPED}), line=number, message=text)
    if isinstance(sign, (ast.Lt, ast.LtE)):
        text = f"this stops the training while the accuracy is still below {line:g}; write `>`"
        yield Cause(symptoms=frozenset({Symptom.WRONG_STOP}), line=number, message=text, silent=True)
    if isinstance(sign, ast.Eq):
        text = f"an accuracy is hardly ever exactly {line:g}; write `>`"
        yield Cause(symptoms=frozenset({Symptom.NEVER_STOPPED}), line=number, message=text)


def _mentions_accuracy(node: ast.expr) -> bool:
    words = (getattr(part, "value", None) if isinstance(part, ast.Constant) else getattr(part, "id", None) for part in ast.walk(node))
    return any(isinstance(word, str) and "acc" in word.lower() for word in words)


def _find_compared_flag(node: ast.ClassDef) -> Iterator[Cause]:
    """`self.model.stop_training == True` as a line of its own."""
    for part in ast.walk(node):
        match part:
            case ast.Expr(value=ast.Compare(left=ast.Attribute(attr="stop_training") as flag, ops=[ast.Eq()])):
                shown = ast.unparse(flag)[:MAX_NAME_CHARS]
                yield _build_cause(part.lineno, f"`==` only compares; `{shown} = True`, with one `=`, ends the training")


def _find_bare_names(node: ast.ClassDef, tree: ast.Module) -> Iterator[Cause]:
    """Figures and the model under names that a hook doesn't have: they are `logs[...]` and `self.model`."""
    assigned = [target for part in tree.body if isinstance(part, ast.Assign) for target in part.targets]
    known = {part.id for target in assigned for part in ast.walk(target) if isinstance(part, ast.Name)}
    for hook in [part for part in node.body if isinstance(part, FUNCTION_NODES) and part.name in HOOKS]:
        names = [part for part in ast.walk(hook) if isinstance(part, ast.Name)]
        bound = {part.id for part in names if isinstance(part.ctx, ast.Store)} | {argument.arg for argument in hook.args.args}
        for part in names:
            if (meant := HOOK_NAMES.get(part.id)) is not None and part.id not in bound | known:
                text = f"`{hook.name}` doesn't know `{part.id}`; write `{meant}`"
                yield Cause(symptoms=frozenset({Symptom.CALLBACK_RAISED, Symptom.NEVER_STOPPED}), line=part.lineno, message=text, silent=True)


def _find_called_flag(node: ast.ClassDef) -> Iterator[Cause]:
    """`self.model.stop_training()`: the flag is set, not called."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and _is_flag(part.func):
            text = f"`{STOP_FLAG}` is no function: write `self.model.{STOP_FLAG} = True`"
            yield Cause(symptoms=frozenset({Symptom.CALLBACK_RAISED}), line=part.lineno, message=text, silent=True)


def _find_hooks_outside(tree: ast.Module, classes: list[ast.ClassDef]) -> Iterator[Cause]:
    """A hook at the left margin, beside a callback class that has none."""
    if any(isinstance(part, FUNCTION_NODES) and part.name in HOOKS for node in classes for part in node.body):
        return
    for part in tree.body if classes else []:
        if isinstance(part, FUNCTION_NODES) and part.name in HOOKS:
            text = f"`{part.name}` is outside the class, so Keras never calls it"
            yield Cause(symptoms=frozenset({Symptom.NEVER_STOPPED}), line=part.lineno, message=text, hint="Indent it, so that it belongs to the class.", silent=True)
