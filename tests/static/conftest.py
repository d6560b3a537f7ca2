"""Short ways to look at a source without running it."""

import json

import pytest

from grader import static, submission
from grader.submission import Submission


@pytest.fixture
def inspect():
    """A Python text as a submission, inspected."""

    def look(source, function="train_mnist", stub=None):
        return static.inspect_submission(Submission(path="a.py", name="a.py", sha256="", source=source), function, stub)

    return look


@pytest.fixture
def inspect_cells():
    """A notebook's code cells, inspected."""

    def look(*cells, function="train_mnist"):
        made = [{"cell_type": "code", "source": cell} for cell in cells]
        text = submission.parse_bytes(json.dumps({"cells": made}).encode(), ".ipynb")
        file = Submission(path="a.ipynb", name="a.ipynb", sha256="", source=text.source, cells=text.cells)
        return static.inspect_submission(file, function)

    return look
