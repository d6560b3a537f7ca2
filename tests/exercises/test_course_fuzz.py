"""Whatever stands in `exercise.yaml` and `course.yaml`, it is loaded or refused at a line and column; nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from grader.courses import settings
from grader.courses.course import Course
from grader.errors import CourseError
from grader.checks.loading import load_exercise
from grader.courses.yaml_nodes import Problems
from grader.courses.yaml_tree import parse_yaml, convert_to_python

ROOT = Path(__file__).resolve().parents[2]
COURSE = """\
schema: grade-course/1
dialect: warn
grading:
  due: {a: '2031-07-13T23:59:00+01:00'}
  late: {per_day: 13%, grace: 17min, cut_off: 19d}
  attempts: {keep: last, most: 23}
  extensions: {s1: {a: 5d}, s2: {a: '2031-07-14T12:00:00+01:00'}}
  excused: {s3: [a]}
"""
NAMES = ("exercise1", "basic_cnn", "feature_maps", "pooling", "experiments", "output_shapes")
TEXTS = {name: (ROOT / "exercises" / name / "exercise.yaml").read_text().replace(f"id: {name}", "id: a", 1) for name in NAMES}
SCALARS = st.sampled_from(["", "a", "0", "-1", "1e9", "nan", "inf", "101%", "5min", "true", "null", "2031-01-01", "training.data",
                           "behaviour.matches", "Conv2D", "x" * 300, "\u202e", "9" * 400]) | st.none() | st.text(max_size=5)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS.map(str), inner, max_size=3), max_leaves=5)
QUICK = rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value, path=()):
    """Every place in a tree."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*path, name))


def replaced(value, path, new):
    """The tree with another value, or another key, at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@st.composite
def changed(draw, texts):
    """A file with one to three values replaced, or with bytes thrown in."""
    text = draw(st.sampled_from(texts))
    if draw(st.integers(0, 4)) == 0:
        data = text.encode()
        first, last = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        return data[:first] + draw(st.binary(max_size=8)) + data[min(last, first + 40) :]
    tree = convert_to_python(parse_yaml(text, Problems("a")))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(tree))))
        tree = replaced(tree, path, draw(VALUES))
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace")


def refused(read):
    """The problems; none where it was taken."""
    try:
        read()
    except CourseError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message
        return error.problems
    return []


@pytest.fixture
def course(tmp_path):
    (tmp_path / "exercises" / "a").mkdir(parents=True)
    (tmp_path / "exercises" / "a" / "exercise.yaml").write_text(TEXTS["pooling"])
    (tmp_path / "solutions" / "a").mkdir(parents=True)
    (tmp_path / "solutions" / "a" / "solution.py").write_text("def max_pool(image):\n    return image\n")
    return Course(root=tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_seeds_are_exercises(course, name):
    """What is changed below is sound before."""
    (course.root / "exercises" / "a" / "exercise.yaml").write_text(TEXTS[name])
    (course.solutions / "a" / "solution.py").unlink()

    assert refused(lambda: load_exercise(course, "a")) == []


@QUICK
@given(changed(list(TEXTS.values())))
def test_changed_exercises(course, data):
    """Of all kinds of exercise."""
    (course.root / "exercises" / "a" / "exercise.yaml").write_bytes(data)

    refused(lambda: load_exercise(course, "a"))


@QUICK
@given(changed([COURSE]))
def test_changed_settings(course, data):
    """With deadlines, extensions, excuses."""
    (course.root / "course.yaml").write_bytes(data)

    refused(lambda: settings.load_settings(course))


@pytest.mark.parametrize("identity", ["[a, b]", "{a: b}", "[[a]]", "null", "", "~"])
def test_a_checks_id_of_another_kind(course, identity):
    """It is told where it stands."""
    text = TEXTS["exercise1"].replace("{id: function,", f"{{id: {identity},")
    (course.root / "exercises" / "a" / "exercise.yaml").write_text(text)

    assert any("expected text" in problem.message for problem in refused(lambda: load_exercise(course, "a")))
