"""docs/first_sentences.json holds what reports say of the rejects: that of some exercises is graded anew and compared."""

import json
import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.train

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("exercise", ["pooling", "output_shapes", "pad_images"])
def test_the_first_sentences_are_those_of_today(exercise, warm):
    """`python docs/diagnoses.py --grade` writes them anew."""
    page = runpy.run_path(str(DOCS / "diagnoses.py"))
    written = json.loads((DOCS / "first_sentences.json").read_text(encoding="utf-8"))

    fresh = page["grade_exercise_rejects"](exercise, warm)

    assert fresh
    assert {name: said for name, said in written.items() if name.startswith(f"{exercise}/")} == fresh
