"""`--sandbox strict` and `off`."""

from __future__ import annotations

import pytest
from hostile_files import CASES, read

from grader.engines import confine
from grader.errors import UsageError

pytestmark = pytest.mark.train


def test_off_is_said_in_every_report(graded):
    """What wasn't confined says so before all other notes."""
    verdict, _, _ = graded(read(CASES / "fabrication" / "numbers_from_home.py"), sandbox="off")

    assert verdict.notes[0].message.startswith("NOT CONFINED (--sandbox off)")


def test_strict_grades_where_all_layers_are(graded):
    """Strict differs in nothing where nothing is missing."""
    process = confine.start_confined("keyword", {}, confine.SandboxPolicy(memory=1_000_000_000, output=1000))
    process.kill()
    if confine.list_missing_layers(process.layers):
        pytest.skip("this machine lacks a layer")

    verdict, _, _ = graded(read(CASES / "fabrication" / "numbers_from_home.py"), sandbox="strict")

    assert (verdict.status, verdict.end, verdict.notes) == ("failed", "completed", [])


def test_strict_refuses_where_a_layer_is_missing():
    """A missing layer ends the grading before it begins, by name."""
    policy = confine.SandboxPolicy(memory=1_000_000_000, output=1000, level="strict", without=("landlock",))

    with pytest.raises(UsageError, match=r"--sandbox strict: this machine lacks landlock .*see grade doctor"):
        confine.start_confined("keyword", {}, policy)
