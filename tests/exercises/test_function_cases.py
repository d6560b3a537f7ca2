"""What an author may write of a plain function; faults are told where they stand."""

from pathlib import Path

import pytest

from grader.courses.course import Course
from grader.errors import CourseError
from grader.checks.loading import load_exercise

ROOT = Path(__file__).parents[2]
FUNCTIONS = ["convolution", "convolution_rgb", "output_shapes", "pad_images", "pooling", "worked_example"]
SPEC = """schema: grade-exercise/1
id: double
title: Twice as much
function: double
training: none
arguments:
  image: {array: uint8, shape: [[1, 4], 2], values: [0, 9]}
  times: {whole: [1, 3]}
checks:
  - id: values
    check: behaviour.matches
    points: 1
    args:
      cases:
        - {image: [[1, 2]], times: 2, gives: [[2, 4]]}
      random: 5
picture:
  - {title: twice, case: {image: {picture: [8, 8]}, times: 2}}
"""


def course(folder, text):
    (folder / "exercises" / "double").mkdir(parents=True)
    (folder / "exercises" / "double" / "exercise.yaml").write_text(text)
    (folder / "quizzes").mkdir()
    return Course(root=folder)


def test_a_function_exercise_is_read_from_yaml_alone(tmp_path):
    """Arguments, cases and pictures arrive as they were written."""
    exercise = load_exercise(course(tmp_path, SPEC), "double")

    assert list(exercise.arguments) == ["image", "times"]
    assert exercise.arguments["image"].shape == [[1, 4], 2]
    assert exercise.checks[0].args["cases"][0] == {"image": [[1, 2]], "times": 2, "gives": [[2, 4]]}
    assert exercise.picture[0].case["image"] == {"picture": [8, 8]}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("times: 2, gives", "tims: 2, gives", '15:29: the function has no argument "tims"; did you mean "times"?'),
        ("times: 2, gives", "gives", '15:11: the argument "times" is missing in this case'),
        ("picture: [8, 8]}, times: 2", "picture: [8, 8]}", '18:26: the argument "times" is missing in this case'),
        ("{whole: [1, 3]}", "{}", '16:7: random cases need to know how "times" is drawn'),
        ("{whole: [1, 3]}", "{whole: [3, 1]}", '8:10: "times": expected [least, most], got [3, 1]'),
        ("{whole: [1, 3]}", "{whole: [1, 3], number: [0, 1]}", '8:10: "times" is drawn in one way: whole or number'),
        ("{whole: [1, 3]}", "{values: [1, 3]}", '8:10: "times": shape and values are those of an array'),
        ("[[1, 4], 2]", "[[1, 4, 5], 2]", '7:10: "image": expected [least, most], got [1, 4, 5]'),
        ("[[1, 4], 2]", "[[1, 99999], 2]", '7:10: "image": a dimension must be from 0 to 10000'),
        ("uint8", "uint7", "7:18: expected one of bool, uint8"),
        ("random: 5", "random: 5000", "16:15: random cases must be at most 1000, got 5000"),
        ("random: 5", "randon: 5", '16:7: behaviour.matches has no argument "randon"; did you mean "random"?'),
        ("training: none", "dataset: mnist", 'checks of behaviour need "function" and "training: none"'),
    ],
)
def test_a_fault_is_told_where_it_stands(tmp_path, old, new, message):
    """With line and column, and the nearest name where there is one."""
    assert old in SPEC

    with pytest.raises(CourseError) as caught:
        load_exercise(course(tmp_path, SPEC.replace(old, new)), "double")

    assert message in str(caught.value)


@pytest.mark.parametrize("exercise_id", FUNCTIONS)
def test_a_function_exercise_has_hints_a_page_and_points(exercise_id):
    """Three hints or more, a page of text, 100 points, at least five wrong answers."""
    own = Course(root=ROOT)
    exercise = load_exercise(own, exercise_id)
    page = (ROOT / "exercises" / exercise_id / "README.md").read_text()

    assert len(exercise.hints) >= 3
    assert 25 < page.count("\n") < 80
    assert f"grade new {exercise_id} " in page
    assert exercise.max_score == 100
    assert all(f"| {spec.points:g} |" in page for spec in exercise.checks)
    assert len(list((ROOT / "solutions" / exercise_id / "rejects").glob("*.py"))) >= 5
