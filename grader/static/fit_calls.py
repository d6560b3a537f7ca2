"""What is amiss with the arguments of `fit`, as its call in the text shows: labels that are missing or come first, epochs without a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.records.clues import Cause, Symptom

IMAGE_WORDS = ("image", "pixel")
LABEL_WORDS = ("label", "target")
MAX_NAME_CHARS = 60
MAX_CALLS = 50


def find_fit_mistakes(tree: ast.Module) -> list[Cause]:
    r"""The mistakes of each call of `fit`, in the order of the text.

    >>> find_fit_mistakes(ast.parse("model.fit(images, epochs=5)"))[0].message
    '`fit` is given no labels'
    """
    calls = [
        part
        for part in ast.walk(tree)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "fit"
    ]
    return [cause for call in calls[:MAX_CALLS] for cause in _describe_call(call)]


def _describe_call(call: ast.Call) -> Iterator[Cause]:
    # With `*` or `**` the text doesn't tell what is given.
    if any(isinstance(each, ast.Starred) for each in call.args) or any(word.arg is None for word in call.keywords):
        return
    named = {word.arg: word.value for word in call.keywords}
    images, labels = (
        call.args[place] if len(call.args) > place else named.get(name) for place, name in enumerate("xy")
    )
    # A pipeline, which brings its labels along, has another name.
    if images is not None and labels is None and _sounds_like(images, IMAGE_WORDS, "x"):
        text = "`fit` is given no labels"
        yield _build_cause(
            call, text, f"They are its second argument: `fit({_show_name(images)}, labels, ...)`.", Symptom.FOREIGN_DATA
        )
    if (
        images is not None
        and labels is not None
        and _sounds_like(images, LABEL_WORDS, "y")
        and _sounds_like(labels, IMAGE_WORDS, "x")
    ):
        text = f"`fit` is given the labels first: it takes `{_show_name(labels)}, {_show_name(images)}`"
        yield _build_cause(call, text, "First the images, then their labels.", Symptom.FOREIGN_DATA)
    if len(call.args) > 2 and isinstance(call.args[2], ast.Constant):
        number = ast.unparse(call.args[2])[:MAX_NAME_CHARS]
        text = f"the third argument of `fit` is `batch_size`, so `{number}` isn't the number of epochs"
        yield _build_cause(
            call, text, f"Write the names: `fit(..., epochs={number}, callbacks=[...])`.", Symptom.LOW_ACCURACY
        )


def _build_cause(call: ast.Call, message: str, hint: str, symptom: Symptom) -> Cause:
    return Cause(symptoms=frozenset({symptom}), line=call.lineno, message=message, hint=hint, silent=True)


def _sounds_like(node: ast.expr, words: tuple[str, ...], letter: str) -> bool:
    name = node.id.lower() if isinstance(node, ast.Name) else ""
    return name == letter or name.startswith(f"{letter}_") or any(word in name for word in words)


def _show_name(node: ast.expr) -> str:
    return node.id[:MAX_NAME_CHARS] if isinstance(node, ast.Name) else "images"
