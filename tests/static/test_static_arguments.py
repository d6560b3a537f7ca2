"""The graded function's parameters, where the exercise calls it with arguments."""

from __future__ import annotations

import ast

import pytest

from grader.static.function import find_call_faults
from grader.static.outline import build_outline


def found(text, given):
    return [fault.message for fault in find_call_faults("build", build_outline(ast.parse(text)), given)]


@pytest.mark.parametrize("text", ["def build(image): pass", "def build(image, pad=10): pass", "def build(*images): pass"])
def test_a_function_that_takes_the_image_is_fine(text):
    """Also with more parameters that have defaults."""
    assert found(text, 1) == []


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("def build(): pass", 1, "build() takes 0, and is called with 1 argument"),
        ("def build(filters): pass", 2, "build() takes 1, and is called with 2 arguments"),
        ("def build(image, classes): pass", 1, "build() asks for 2 arguments (image, classes)"),
        ("def build(image): pass", 0, "build() asks for 1 argument (image)"),
    ],
)
def test_another_number_of_parameters_is_a_finding(text, given, message):
    """Before anything is run."""
    assert found(text, given) == [message]
