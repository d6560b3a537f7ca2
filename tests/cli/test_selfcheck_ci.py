"""`grade selfcheck --ci`: nothing secret would be released, and CI servers read what is broken."""

import io
import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.cli import selfcheck
from grader.errors import GraderError
from grader.grading.proofs import Proof

ROOT = Path(__file__).resolve().parents[2]
GOOD = Proof(exercise="exercise1", what="README.md is there", file="exercises/exercise1/README.md", fault=None)
BAD = [
    Proof(exercise="exercise1", what="stub.py is up to date", file="exercises/exercise1/stub.py", fault="it differs\n::error::forged"),
    Proof(exercise="exercise1", what="rejects/a.py", file="solutions/exercise1/rejects/a.py", fault="expected: failed a"),
    Proof(exercise="exercise2", what="enough wrong answers", file="exercises/exercise2/exercise.yaml", fault="there are 2"),
]


@pytest.fixture
def course(tmp_path):
    for name in ("exercises/exercise1", "solutions/exercise1"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "quizzes").mkdir()
    return tmp_path


@pytest.mark.parametrize(("leaks", "code", "said"), [(False, 0, "none broken"), (True, 1, "is a copy of solutions/exercise1/")])
def test_a_leak_is_a_broken_promise(course, capsys, monkeypatch, leaks, code, said):
    """A copy of the solution among the exercises ends it with 1, and on GitHub marks the course."""
    summary = course / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    if leaks:
        shutil.copyfile(course / "solutions/exercise1/solution.py", course / "exercises/exercise1/example.py")
        with (course / "exercises/exercise1/README.md").open("a") as readme:
            readme.write("[an example](example.py)")

    assert cli.run_command_line(["selfcheck", "--course", str(course), "--text-only", "--ci"]) == code
    out = capsys.readouterr().out
    assert said in out
    assert ("::error title=course%3A nothing secret is released" in out) is leaks
    assert ("example.py" in summary.read_text()) is leaks


def test_each_broken_promise_is_marked_at_its_file():
    """One annotation each, on one line, whatever the fault says."""
    stream = io.StringIO()
    selfcheck.publish_proofs([GOOD, *BAD], {"GITHUB_ACTIONS": "true"}, stream)

    lines = stream.getvalue().splitlines()
    assert [line.partition("file=")[2].partition("::")[0] for line in lines] == [
        "exercises/exercise1/stub.py", "solutions/exercise1/rejects/a.py", "exercises/exercise2/exercise.yaml"]  # fmt: skip
    assert not any(line.startswith("::error::") for line in lines)


def test_elsewhere_there_are_no_annotations(tmp_path):
    """Without GitHub nothing is printed; a summary that can't be written is a fault."""
    stream = io.StringIO()
    selfcheck.publish_proofs(BAD, {}, stream)

    assert stream.getvalue() == ""
    with pytest.raises(GraderError, match="the step summary .* can't be written: Is a directory"):
        selfcheck.publish_proofs(BAD, {"GITHUB_STEP_SUMMARY": str(tmp_path)})
