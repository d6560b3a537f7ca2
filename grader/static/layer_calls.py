"""What is amiss with the arguments of layers, as their calls in the text show: a kernel whose second number became the stride."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.records.clues import Cause, Symptom

# Their first three arguments are filters, kernel size and strides.
CONVOLUTIONS = frozenset({"Conv2D", "Convolution2D", "Conv2DTranspose", "SeparableConv2D"})
IMAGE_NAMES = frozenset({"image", "images", "img"})
MIN_IMAGES = 5000  # of a dataset, more than any image has rows
MAX_FOUND = 5


def find_layer_mistakes(tree: ast.Module) -> list[Cause]:
    """The mistakes of calls of layers, in the order of the text.

    >>> find_layer_mistakes(ast.parse("Conv2D(32, 3, 3)"))[0].message
    'the third argument of `Conv2D` is `strides`, so `3, 3` is no kernel of 3 x 3'
    """
    calls = [part for part in ast.walk(tree) if isinstance(part, ast.Call)]
    return [cause for call in calls for cause in _describe_call(call)][:MAX_FOUND]


def _describe_call(call: ast.Call) -> Iterator[Cause]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    match call.args:
        case [_, ast.Constant(value=int(rows)), ast.Constant(value=int(columns))] if (
            name in CONVOLUTIONS and rows > 1 < columns
        ):
            text = f"the third argument of `{name}` is `strides`, so `{rows}, {columns}` is no kernel of {rows} x {columns}"
            yield Cause(
                symptoms=frozenset({Symptom.LOW_ACCURACY}),
                line=call.lineno,
                message=text,
                hint=f"Put the kernel's size in brackets: `({rows}, {columns})`.",
                silent=True,
            )


def find_wrong_shapes(tree: ast.Module) -> list[Cause]:
    """Shapes that are the image itself, or that count the images, too; each ends a run with some error, or for want of memory.

    >>> find_wrong_shapes(ast.parse("Input(shape=image)"))[0].message
    '`shape=image` gives the image itself, not its shape'
    """
    words = [part for part in ast.walk(tree) if isinstance(part, ast.keyword) and part.arg in ("shape", "input_shape")]
    # Under a name that the file gives a value itself anything may be meant.
    own = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return [cause for word in words for cause in _describe_shape(word, own)][:MAX_FOUND]


def _describe_shape(word: ast.keyword, own: set[str]) -> Iterator[Cause]:
    match word.value:
        case ast.Name(id=name) if name in IMAGE_NAMES - own:
            text, hint = f"`{word.arg}={name}` gives the image itself, not its shape", f"Write `{word.arg}={name}.shape`."
        case ast.Tuple(elts=[ast.Constant(value=int(count)), _, *_]) if count >= MIN_IMAGES:
            text, hint = f"`{word.arg}` counts the images, too", f"It is the shape of one image, without the {count}."
        case _:
            return
    yield Cause(symptoms=frozenset(), line=word.value.lineno, message=text, hint=hint, silent=True)
