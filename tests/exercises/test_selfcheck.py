"""`grade selfcheck` finds every broken promise of a course."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.checks.loading import load_exercise
from grader.cli.selfcheck import format_proof
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.grading.proofs import (
    RejectExpectation,
    find_reject_fault,
    find_solution_fault,
    find_stub_fault,
    lint_exercise,
    prove_answers,
    read_expectation,
)
from grader.records.verdict import CheckResult, SubmissionRef, Verdict

Grade = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(course: Course, tmp_path: Path) -> Course:
    """A copy of the course with one exercise, to break."""
    for part in ("exercises", "solutions"):
        shutil.copytree(course.root / part / "exercise2", tmp_path / part / "exercise2")
    (tmp_path / "quizzes").mkdir()
    return Course(root=tmp_path)


@pytest.fixture
def spec(small: Course) -> Exercise:
    return load_exercise(small, "exercise2")


def verdict(status: Any = "failed", score: float = 0, end: Any = "completed", **checks: Any) -> Verdict:
    """A verdict with the given status for each of some checks (`data="failed"`)."""
    results = [
        CheckResult(
            id=id_.replace("_", "-"), title="", status=state, points=0, max_points=1, basis="measured", message="m"
        )
        for id_, state in checks.items()
    ]
    return Verdict(
        exercise="exercise2",
        submission=SubmissionRef(path="x", sha256=""),
        status=status,
        score=score,
        max_score=100,
        end=end,
        end_message="line 3: blank\nmore" if end != "completed" else "",
        checks=results,
        timings={"total": 1.25},
    )


def as_promised(path: Path) -> Verdict:
    """A grader for which every promise of exercise2 holds."""
    if path.name == "stub.py":
        return verdict(end="not_started")
    if path.name == "solution.py":
        return verdict("passed", 100)
    check = path.read_text(encoding="utf-8").splitlines()[0].split()[-1]
    checks: dict[str, Any] = {check: "failed"}
    return verdict(**checks)


def faults(small: Course) -> list[str]:
    return [f"{proof.what}: {proof.fault}" for proof in lint_exercise(small, load_exercise(small, "exercise2")) if proof.fault]


def test_a_good_course_keeps_every_promise(small: Course, spec: Exercise) -> None:
    """Stub, solution and each wrong answer are graded once."""
    proofs = list(prove_answers(small, spec, as_promised))
    assert [proof for proof in proofs if proof.fault] == []
    assert len(proofs) == 2 + len(list((small.solutions / "exercise2" / "rejects").glob("*.py")))


def test_a_missing_readme(small: Course) -> None:
    """An exercise without a README is broken."""
    (small.root / "exercises" / "exercise2" / "README.md").write_text(" \n", encoding="utf-8")
    assert faults(small) == ["README.md is there: it is missing or empty"]


def test_an_edited_stub(small: Course) -> None:
    """A stub that isn't the generated one is broken, and the remedy is named."""
    (small.root / "exercises" / "exercise2" / "stub.py").write_text("x = 1\n", encoding="utf-8")
    expected = "stub.py is up to date: it differs from what the solution gives; run `grade selfcheck --write-stubs`"
    assert faults(small) == [expected]


def test_a_missing_solution(small: Course) -> None:
    """Without a solution no stub can be made."""
    (small.solutions / "exercise2" / "solution.py").unlink()
    expected = "stub.py is up to date: solutions/exercise2/solution.py:1:1: can't be read: No such file or directory"
    assert faults(small) == [expected]


def test_too_few_wrong_answers(small: Course) -> None:
    """At least five are wanted."""
    for path in sorted((small.solutions / "exercise2" / "rejects").glob("*.py"))[4:]:
        path.unlink()
    expected = "enough wrong answers: there are 4 in solutions/exercise2/rejects; write at least 5"
    assert faults(small) == [expected]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("import os", "line 1 must be `# expect: failed <check id>` or `# expect: <end>` (crashed, timed_out, "),
        ("# expect: completed", "line 1 must be `# expect: failed <check id>` or `# expect: <end>` (crashed, "),
        ("# expect: failed dat", 'line 1: no check has the id "dat"; did you mean "data"?'),
    ],
)
def test_a_wrong_answer_without_a_promise(small: Course, first: str, message: str) -> None:
    """Its first line has to name a check or an end; such a file is not graded."""
    path = small.solutions / "exercise2" / "rejects" / "subset.py"
    path.write_text(f"{first}\nx = 1\n", encoding="utf-8")
    (fault,) = faults(small)
    assert fault.startswith(f"rejects/subset.py says why: {message}")
    graded = [proof.what for proof in prove_answers(small, load_exercise(small, "exercise2"), as_promised)]
    assert "rejects/subset.py" not in graded


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("# expect: failed data", RejectExpectation(check="data", end=None)),
        ("# expect: crashed", RejectExpectation(check=None, end="crashed")),
        ("# expect: not_started\r", RejectExpectation(check=None, end="not_started")),
    ],
)
def test_promises_are_read(tmp_path: Path, spec: Exercise, first: str, expected: RejectExpectation) -> None:
    """A promise is one check or one end."""
    path = tmp_path / "r.py"
    path.write_bytes(f"{first}\nx = 1\n".encode())
    assert read_expectation(path, spec) == expected


@pytest.mark.parametrize(
    ("expected", "given", "fault"),
    [
        (RejectExpectation(check="data", end=None), verdict(data="failed", epochs="skipped"), None),
        (
            RejectExpectation(check="data", end=None),
            verdict(data="failed", epochs="failed"),
            "expected: failed data; got: failed; failed data (m); failed epochs (m)",
        ),
        (RejectExpectation(check="data", end=None), verdict("passed"), "expected: failed data; got: passed"),
        (
            RejectExpectation(check="data", end=None),
            verdict("error", data="failed", epochs="error"),
            "expected: failed data; got: error; failed data (m); error in epochs",
        ),
        (RejectExpectation(check=None, end="crashed"), verdict(end="crashed", data="passed"), None),
        (
            RejectExpectation(check=None, end="crashed"),
            verdict(end="timed_out"),
            "expected: crashed; got: failed; timed_out: line 3: blank",
        ),
    ],
)
def test_a_wrong_answer_fails_as_promised_and_no_other_way(
    expected: RejectExpectation, given: Verdict, fault: str | None
) -> None:
    """Another failed check, a passed verdict, another end or a fault of ours breaks the promise."""
    assert find_reject_fault(expected, given) == fault


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (verdict("passed", 100), None),
        (verdict("passed", 95, epochs="failed"), "expected: all 100 points; got: 95, passed; failed epochs (m)"),
        (verdict("failed", 10), "expected: all 100 points; got: 10, failed"),
    ],
)
def test_a_solution_earns_all_points(given: Verdict, fault: str | None) -> None:
    """A pass mark that is reached isn't enough."""
    assert find_solution_fault(given) == fault


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (verdict(end="not_started"), None),
        (verdict("passed"), "expected: failed; got: passed"),
        (verdict("failed", data="error"), "expected: failed; got: failed; error in data"),
    ],
)
def test_a_stub_fails_without_a_fault_of_ours(given: Verdict, fault: str | None) -> None:
    """A stub that passes, or that breaks the grader, breaks its promise."""
    assert find_stub_fault(given) == fault


def test_lines_name_what_was_proved(small: Course, spec: Exercise) -> None:
    """Each line has the exercise, the promise, the state and the time."""
    proof = next(prove_answers(small, spec, as_promised))
    assert format_proof(proof).split() == ["exercise2", "stub.py", "fails", "clearly", "ok", "1.2", "s"]
    broken = next(prove_answers(small, spec, lambda _: verdict("passed")))
    assert format_proof(broken).endswith("BROKEN     1.2 s  expected: failed; got: passed")


def test_the_command_checks_files_alone(grade: Grade) -> None:
    """`--text-only` grades nothing and reports the checks that no wrong answer fails."""
    code, out, _ = grade("selfcheck", "--text-only", "exercise3")
    assert code == 0
    assert "exercise3  note: no wrong answer fails the check epochs" in out
    assert out.splitlines()[-1] == "3 promises, none broken"


def test_a_broken_promise_ends_with_1(grade: Grade, small: Course) -> None:
    """Scripts see it in the exit code."""
    (small.root / "exercises" / "exercise2" / "README.md").unlink()
    code, out, _ = grade("selfcheck", "--text-only", "--course", str(small.root))
    assert (code, out.splitlines()[-1]) == (1, "3 promises, 1 broken")


def test_stubs_are_written_anew(grade: Grade, small: Course) -> None:
    """`--write-stubs` is the one way to update them."""
    stub = small.root / "exercises" / "exercise2" / "stub.py"
    fresh = stub.read_text(encoding="utf-8")
    stub.write_text("x = 1\n", encoding="utf-8")
    code, out, _ = grade("selfcheck", "--write-stubs", "--course", str(small.root))
    assert (code, out) == (0, "wrote exercises/exercise2/stub.py\n")
    assert stub.read_text(encoding="utf-8") == fresh


def test_a_course_without_solutions(grade: Grade, small: Course) -> None:
    """A student's copy can't be checked."""
    shutil.rmtree(small.solutions)
    code, _, err = grade("selfcheck", "--course", str(small.root))
    assert code == 2
    assert err == f"grade: no solutions/ in {small.root}: only a course with its solutions can be checked\n"
