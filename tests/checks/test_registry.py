"""A check's signature and docstring say everything about it."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys

import pytest

from grader.checks import CHECKS, EVIDENCE_BASES
from grader.checks.registry import Check, CheckOutcome, register_check, report_pass
from grader.records.run import Run
from grader.records.verdict import TrainingRecord


@pytest.mark.parametrize("entry", CHECKS.values(), ids=list(CHECKS))
def test_every_check_has_an_example_that_holds(entry: Check) -> None:
    """Each check's docstring shows a call whose output is as written."""
    module = inspect.getmodule(entry.function)
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(entry.function, entry.name, module)
    results = doctest.DocTestRunner().run(example)
    assert (results.attempted > 0, results.failed) == (True, 0)


@pytest.mark.parametrize("entry", CHECKS.values(), ids=list(CHECKS))
def test_every_title_is_a_sentence(entry: Check) -> None:
    """A learner reads a title of several words that begins with a capital."""
    assert entry.title[0].isupper()
    assert len(entry.title.split()) > 4
    assert not entry.title.endswith(".")


@pytest.mark.parametrize(
    ("name", "basis"),
    [
        ("architecture.layers", "declared"),
        ("callback.stops_when", "declared"),
        ("measured.accuracy", "measured"),
        ("returns.match_training", "reported"),
        ("returns.shape", "reported"),
        ("training.data", "measured"),
        ("training.epochs", "measured"),
        ("training.reaches", "measured"),
    ],
)
def test_basis_is_the_weakest_evidence(name: str, basis: str) -> None:
    """A check rests on the weakest thing that it names."""
    assert CHECKS[name].basis == basis


def test_signature_gives_evidence_and_arguments() -> None:
    """What stands before `*` is evidence, what stands behind it an argument; `| None` makes evidence optional."""

    @register_check("a.b")
    def made(run: Run, training: TrainingRecord | None, *, below: int, above: float = 0.5) -> CheckOutcome:
        """It is made."""
        return report_pass("made")

    entry: Check = made.__dict__["grade_check"]
    assert entry.evidence == {"run": False, "training": True}
    assert {name: item.required for name, item in entry.arguments.items()} == {"below": True, "above": False}
    assert entry.title == "It is made"


def test_unknown_evidence_is_refused_when_the_check_is_defined() -> None:
    """A parameter that is no evidence stops the import, with the names that there are."""

    def wrong(weather: str) -> CheckOutcome:
        return report_pass(weather)

    with pytest.raises(TypeError, match=r"check a\.b: no evidence is called 'weather'; there are run, returned"):
        register_check("a.b")(wrong)


def test_evidence_names_are_the_fields_of_a_run() -> None:
    """Each evidence name is a field of the run, but the run itself, the dataset, and one of the trials."""
    assert EVIDENCE_BASES.keys() - {"run", "dataset", "trial"} <= set(Run.__struct_fields__)


def test_checks_import_without_numpy_and_tensorflow() -> None:
    """The front process can load all checks and stays light."""
    code = "import sys, grader.checks; print({'numpy', 'tensorflow', 'keras', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
