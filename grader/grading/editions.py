"""A file that plainly answers another edition of an exercise, by the names that it defines. Runs nothing."""

from __future__ import annotations

import ast

from msgspec import structs

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.courses.exercise import Exercise
from grader.records.syntax_tree import parse_python
from grader.records.verdict import Note, Verdict
from grader.submission import Submission
from grader.submission.exercise_cells import keep_exercise


def name_edition(course: Course, exercise: Exercise, source: Submission, verdict: Verdict) -> Verdict:
    """The verdict on a file that failed, with the edition that the file answers, if it is another one."""
    if verdict.status != "failed" or not exercise.editions:
        return verdict
    found = find_edition(course, exercise, keep_exercise(source, exercise.id).source)
    if found is None:
        return verdict
    text = f"this is an answer to {found.id} ({found.title}), not to {exercise.id}; grade it with `grade {found.id} FILE`"
    return structs.replace(verdict, edition=found.id, notes=[Note(line=None, message=text), *verdict.notes])


def find_edition(course: Course, exercise: Exercise, source: str) -> Exercise | None:
    """The edition whose names a file defines, where it doesn't define those of the exercise; of several that of most names."""
    try:
        tree = parse_python(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    if _defines_all(tree, exercise):
        return None
    here = course.list_exercise_ids()
    others = [load_exercise(course, name) for name in exercise.editions if name in here]
    # One without a name, which grades what the file itself trains, is told by no name.
    fitting = [other for other in others if _list_names(other) and _defines_all(tree, other)]
    return max(fitting, key=lambda other: len(_list_names(other)), default=None)


def _list_names(exercise: Exercise) -> list[str]:
    return [part.graded_name for part in exercise.split_parts() if part.graded_name]


def _defines_all(tree: ast.Module, exercise: Exercise) -> bool:
    """Whether every graded name is a class, or a function that can be called as the exercise calls it."""
    return all(_defines(tree, part) for part in exercise.split_parts() if part.graded_name)


def _defines(tree: ast.Module, part: Exercise) -> bool:
    name = part.graded_name
    found = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name]
    if not found or isinstance(found[-1], ast.ClassDef) != (part.callback is not None):
        return False
    return part.callback is not None or _can_be_called(found[-1], part.argument_count)


def _can_be_called(node: ast.FunctionDef | ast.ClassDef, count: int) -> bool:
    if isinstance(node, ast.ClassDef):
        return False
    spec = node.args
    positional = len(spec.posonlyargs) + len(spec.args)
    needed = positional - len(spec.defaults) + sum(default is None for default in spec.kw_defaults)
    return needed <= count and (count <= positional or spec.vararg is not None)
