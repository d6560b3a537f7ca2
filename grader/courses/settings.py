"""What a course decides for all its exercises: the optional file `course.yaml` at its root, schema `grade-course/1`.

A further decision is one more field here, with a default for courses that don't make it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct, structs

from grader.courses.course import FILE, Course
from grader.courses.host_times import find_zone
from grader.courses.policy import GradingPolicy, apply_extension, parse_time, parse_weight
from grader.courses.yaml_nodes import Problems, YamlNode
from grader.courses.yaml_tree import convert_node, format_suggestion, read_yaml
from grader.records.student_ids import to_student_id

ANY_DEADLINE = datetime(3000, 1, 1, tzinfo=UTC)  # to try an extension on

DialectPolicy = Literal["accept", "warn", "reject"]
SolutionPolicy = Literal["never", "after_pass"]


class CourseSettings(Struct, frozen=True, kw_only=True):
    """The file `course.yaml`; a course without one has the defaults.

    Args:
        dialect: TF 1 names are understood and noted (`accept`), noted as warnings (`warn`), or keep a file from
            being graded (`reject`).
        packages: names of modules that the course's files may import besides the usual ones.
        solutions: whether `grade solution` shows a course's own solution to who has passed.
        grading: what becomes of points: lateness, attempts, extensions, drops.
    """

    schema: Literal["grade-course/1"] = "grade-course/1"
    dialect: DialectPolicy = "accept"
    packages: list[str] = []
    solutions: SolutionPolicy = "never"
    grading: GradingPolicy = GradingPolicy()


def load_settings(course: Course) -> CourseSettings:
    """The settings of a course.

    Raises:
        CourseError: every fault of its `course.yaml`, with line and column.
    """
    path = course.root / FILE
    if not path.exists():
        return CourseSettings()
    tree, problems = read_yaml(path, FILE)
    settings = convert_node(tree, CourseSettings, problems)
    # The default would hide that it is missing, and a later schema couldn't be told from this one.
    if "schema" not in tree.keys:
        problems.add(tree, '"schema" is missing: write `schema: grade-course/1` as the first line', "missing")
    # From the tree, so that each fault has its own line.
    _check_grading(_list_entries(tree).get("grading"), [*course.list_exercise_ids(), *course.list_quiz_ids()], problems)
    problems.raise_if_any()
    assert isinstance(settings, CourseSettings)
    return structs.replace(settings, grading=_identified(settings.grading))


def _check_grading(node: YamlNode | None, known: Iterable[str], problems: Problems) -> None:
    """The names of exercises and the times, each at its place."""
    parts = _list_entries(node)
    for name in ("extensions", "excused"):
        _check_students(parts.get(name), problems)
    _check_each(parts.get("due"), known, parse_time, problems)
    _check_each(parts.get("weights"), known, parse_weight, problems)
    if (zone := parts.get("timezone")) is not None:
        _check_value(zone, find_zone, problems)
    for extensions in _list_entries(parts.get("extensions")).values():
        _check_each(extensions, known, lambda text: apply_extension(ANY_DEADLINE, text), problems)
    for excused in _list_entries(parts.get("excused")).values():
        for item in excused.value if isinstance(excused.value, tuple) else ():
            _check_name(str(item.value), item, known, problems)


def _check_each(
    node: YamlNode | None, known: Iterable[str], parse: Callable[[str], object], problems: Problems
) -> None:
    for name, value in _list_entries(node).items():
        assert node is not None
        _check_name(name, node.keys[name], known, problems)
        _check_value(value, parse, problems)


def _check_value(value: YamlNode, parse: Callable[[str], object], problems: Problems) -> None:
    if isinstance(value.value, str):
        try:
            parse(value.value)
        except ValueError as error:
            problems.add(value, str(error))


def _check_name(name: str, place: YamlNode | tuple[int, int], known: Iterable[str], problems: Problems) -> None:
    if name not in known:
        problems.add(place, f'no exercise "{name}"{format_suggestion(name, known)}')


def _identified(policy: GradingPolicy) -> GradingPolicy:
    """Students by the ids that the gradebook knows them by; two that are the same one were told before."""
    return structs.replace(
        policy,
        extensions={to_student_id(student): given for student, given in policy.extensions.items()},
        excused={to_student_id(student): given for student, given in policy.excused.items()},
    )


def _check_students(node: YamlNode | None, problems: Problems) -> None:
    """Two spellings of one student, of which one would be lost."""
    seen: dict[str, tuple[int, int]] = {}
    for student in _list_entries(node):
        assert node is not None
        place = node.keys[student]
        if (before := seen.setdefault(to_student_id(student), place)) != place:
            problems.add(place, f"this is the same student as in line {before[0]}; ids differ by more than blanks")


def _list_entries(node: YamlNode | None) -> dict[str, YamlNode]:
    """The entries of a mapping; none where it is missing, or is something else, which `convert_node` has told."""
    return node.value if node is not None and isinstance(node.value, dict) else {}
