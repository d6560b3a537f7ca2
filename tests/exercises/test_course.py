"""The course's own exercises keep the promises that can be checked without training."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading.proofs import (
    find_solution,
    find_unproven_checks,
    generate_exercise_stub,
    lint_exercise,
    list_rejects,
)

ROOT = Path(__file__).parents[2]
EXERCISES = Course(root=ROOT).list_exercise_ids()
MIN_REJECTS = {"exercise1": 8, "exercise2": 8, "exercise3": 8}
# Reaching 99.8 % only after twenty epochs, or by memory alone, would take minutes of training. And a model of the layers
# that an exercise asks for, which the grader trains with its own data, learns.
BY_TRAINING_ALONE = {"threshold", "epochs", "generalises"}
BY_THE_GRADER = {"data", "learns", "validation", "generalises"}
CANNOT_FAIL_ALONE = {
    # Images in an order that forgets a class are seen in the data first.
    "exercise1": {"generalises"},
    "exercise2": {"generalises"},
    "fashion_dense": {"generalises"},
    "exercise3": {"epochs", "generalises"},
    **dict.fromkeys(("fashion_cnn", "mnist_two_conv", "conv_callback", "conv_callback_fashion"), BY_TRAINING_ALONE),
    **dict.fromkeys(("baseline", "basic_cnn", "lenet5"), BY_THE_GRADER),
    "resnet": {"data", "learns"},
    **dict.fromkeys(("week2_2022", "week2_2024"), {"generalises"}),
    **dict.fromkeys(("week3_2022", "week3_2024"), {"data", *BY_TRAINING_ALONE}),
    "happy_or_sad": {"epochs", "generalises"},
}


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_no_promise_of_the_files_is_broken(course: Course, exercise_id: str) -> None:
    """README, stub and wrong answers are as selfcheck wants them."""
    assert [proof for proof in lint_exercise(course, load_exercise(course, exercise_id)) if proof.fault] == []


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_stub_is_what_the_solution_gives(course: Course, exercise_id: str) -> None:
    """Nobody edits a stub by hand."""
    stub = (ROOT / "exercises" / exercise_id / "stub.py").read_text(encoding="utf-8")
    assert stub == generate_exercise_stub(course, exercise_id)


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_points_make_a_hundred(course: Course, exercise_id: str) -> None:
    """Each exercise is worth 100 points."""
    assert load_exercise(course, exercise_id).max_score == 100


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_readme_says_the_same_points(course: Course, exercise_id: str) -> None:
    """The table that students read has one row per check, with its points, in the same order."""
    readme = (ROOT / "exercises" / exercise_id / "README.md").read_text(encoding="utf-8")
    table = [int(points) for points in re.findall(r"^\|.*\| (\d+) \|$", readme, re.MULTILINE)]
    assert table == [spec.points for spec in load_exercise(course, exercise_id).checks]


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_solution_defines_the_graded_function(course: Course, exercise_id: str) -> None:
    """So do its stub and every wrong answer."""
    stub = ROOT / "exercises" / exercise_id / "stub.py"
    for path in (find_solution(course, exercise_id), stub, *list_rejects(course, exercise_id)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        graded = {part.graded_name for part in load_exercise(course, exercise_id).split_parts()} - {None}
        assert graded
        assert graded <= names, path


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_every_check_is_failed_by_a_wrong_answer(course: Course, exercise_id: str) -> None:
    """Only those are left out that can't be failed alone in reasonable time."""
    left_out = {remark.split()[-1] for remark in find_unproven_checks(course, load_exercise(course, exercise_id))}
    assert left_out == CANNOT_FAIL_ALONE.get(exercise_id, set())


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_there_are_enough_wrong_answers(course: Course, exercise_id: str) -> None:
    """The first three exercises have at least eight."""
    assert len(list_rejects(course, exercise_id)) >= MIN_REJECTS.get(exercise_id, 5)


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_a_wrong_answer_says_what_it_does(course: Course, exercise_id: str) -> None:
    """After the promise comes a docstring of one sentence."""
    for path in list_rejects(course, exercise_id):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert docstring.endswith("."), path
