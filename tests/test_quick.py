"""The short run stays short."""

import sys

import pytest


def test_no_file_of_the_short_run_imports_keras(request):
    """Each worker would wait five seconds for it before its first test; `pytest.mark.keras` leaves a file to the long run."""
    if "not keras" not in request.config.option.markexpr or any(".py" in arg for arg in request.config.args):
        pytest.skip("a run that may import Keras, or of files by name, which are imported whatever their mark")

    assert {"keras", "tensorflow"} & set(sys.modules) == set()
