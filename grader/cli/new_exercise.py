"""`grade new-exercise`: for authors: a small exercise that works, to be changed into the one that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import click

from grader.checks.loading import load_exercise
from grader.cli.finding import find_course
from grader.courses import course as courses
from grader.courses.course import PACKAGE_FOLDER, Course
from grader.courses.exercise import Exercise, find_exercise_text
from grader.errors import UsageError
from grader.grading.proofs import generate_exercise_stub
from grader.grading.refereeing import update_case_file
from grader.reports import write

SAMPLE_FOLDER = PACKAGE_FOLDER / "scaffold"
SampleKind = Literal["function", "training", "outlines"]
EXERCISE_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
PUBLIC_FILES = ("exercise.yaml", "README.md")  # what students get; the rest goes to solutions/
COPIED_SUFFIXES = (".yaml", ".md", ".py")
RENAMED_PARTS = {"answer.py": "solution.py", "wrong": "rejects"}


@click.command("new-exercise")
@click.argument("exercise")
@click.option("--like", metavar="EXERCISE", help="Start from a copy of this exercise instead of the sample.")
@click.option("--training", is_flag=True, help="Start from the sample that trains, instead of a plain function.")
@click.option("--course", type=click.Path(path_type=Path), help="The course's folder (default: $GRADE_COURSE, or found).")
def command(exercise: str, like: str | None, course: Path | None, *, training: bool) -> None:
    r"""For authors: make the exercise EXERCISE, complete and small, to be changed into your own.

    \b
    grade new-exercise brighten                  a plain function, judged by cases
    grade new-exercise digits --training         a training, from the sample
    grade new-exercise my_digits --like exercise3    a training, with all its wrong answers

    In an empty folder the command makes a course of it first; `--like` also finds the built-in course's exercises.
    """
    found = find_own_course(course)
    if like and training:
        raise UsageError("--like and --training contradict each other; give one of them")
    _check_new_id(found, exercise)
    if like:
        _copy_like(found, exercise, like)
        return
    _tell_next_steps(found, write_sample(found, exercise, "training" if training else "function"))


def find_own_course(given: Path | None) -> Course:
    """The course to write into: never the built-in one. Raises: UsageError: there is none, and this folder isn't empty."""
    found = courses.find_course(given)
    if found.source != "built-in":
        return find_course(given)
    here = Path.cwd()
    # The author of the built-in course stands in it, and then it is found as their own.
    if any(not each.name.startswith(".") for each in here.iterdir()):
        raise UsageError("this folder is in no course; make one with `grade new-course DIR`, or name yours with --course")
    write.write_text(here / courses.FILE, "schema: grade-course/1\n")
    click.echo(f"Made a course of this folder: {here}", err=True)
    return Course(root=here, source="ancestor")


def write_sample(course: Course, exercise: str, kind: SampleKind) -> Exercise:
    """Writes a sample exercise into the course, complete and small."""
    for path, text in _read_sample(exercise, SAMPLE_FOLDER / kind):
        _write_new_file(course.root / path, text)
    return _complete(course, exercise)


def _copy_like(course: Course, exercise: str, like: str) -> None:
    """Copies an exercise of this course, or of the built-in one."""
    source = course if like in course.list_exercise_ids() else courses.find_built_in()
    if like not in source.list_exercise_ids():
        course.find_exercise_file(like)  # says which names there are here
    original = load_exercise(source, like)
    files = dict(_copy_exercise(source, exercise, original))
    complete = (source.solutions / like).is_dir()
    if not complete:
        # An installed package holds no solutions: the stub is where one's own begins.
        stub = find_exercise_text(source, like, "stub.py").read_text(encoding="utf-8")
        files[Path("exercises", exercise, "stub.py")] = stub
        files[Path("solutions", exercise, "solution.py")] = stub
    for path, text in files.items():
        _write_new_file(course.root / path, text)
    if complete:
        _tell_next_steps(course, _complete(course, exercise))
        return
    click.echo(f"Made the exercise {exercise} in {course.root}, without a solution, which no installation holds. Now write:")
    click.echo(f"  solutions/{exercise}/solution.py (it is the stub now) and solutions/{exercise}/rejects/, at least five wrong answers")
    click.echo(f"Then: grade selfcheck {exercise} --write-stubs && grade selfcheck {exercise}")


def _complete(found: Course, exercise: str) -> Exercise:
    """Makes what follows from the solution and the reference: the stub and the cases."""
    spec = load_exercise(found, exercise)
    # Made from the solution instead of copied, so that the two agree from the start.
    _write_new_file(find_exercise_text(found, exercise, "stub.py"), generate_exercise_stub(found, spec.id))
    if spec.has_behaviour_checks:
        update_case_file(found, spec, write=True)
    return spec


def _check_new_id(course: Course, exercise: str) -> None:
    """Raises: UsageError: the name can't be one, is taken, or the course can't be written to."""
    if _is_command(exercise):
        raise UsageError(f'"{exercise}" is a command of grade, which would be called instead of the exercise; choose another name')
    if not EXERCISE_ID.fullmatch(exercise):
        raise UsageError(f"\"{exercise}\" can't be an exercise's name: small letters, digits and _, a letter first")
    for folder in (course.root / "exercises" / exercise, course.solutions / exercise):
        if folder.exists():
            raise UsageError(f"{folder} exists already; choose another name")
    # Exercises without solutions are a student's copy of a course, which is no place for new ones.
    if not course.solutions.is_dir() and ((course.root / "exercises").is_dir() or (course.root / "quizzes").is_dir()):
        raise UsageError(f"no solutions/ in {course.root}: make that folder first, or name your course with --course")


def _is_command(name: str) -> bool:
    context = click.get_current_context().find_root()
    return isinstance(context.command, click.Group) and context.command.get_command(context, name) is not None


def _read_sample(exercise: str, sample: Path) -> Iterator[tuple[Path, str]]:
    names = {
        "SAMPLE_ID": exercise,
        "SAMPLE_FUNCTION": exercise,
        "SAMPLE_TITLE": exercise.replace("_", " ").capitalize(),
    }
    # Stored as .txt, so that no tool takes the sample for code of the package.
    for path in sorted(sample.rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for name, value in names.items():
            text = text.replace(name, value)
        yield _find_place(exercise, path.relative_to(sample).with_suffix("")), text


def _find_place(exercise: str, path: Path) -> Path:
    """Where a file of the sample goes; in a wheel nothing is called a solution or a reject."""
    named = Path(*(RENAMED_PARTS.get(part, part) for part in path.parts))
    return Path("exercises" if path.name in PUBLIC_FILES else "solutions", exercise, named)


def _copy_exercise(course: Course, exercise: str, like: Exercise) -> Iterator[tuple[Path, str]]:
    """The files of another exercise, with its name replaced where it stands as a word."""
    own = re.compile(rf"\b{re.escape(like.id)}\b")
    for top in ("exercises", "solutions"):
        folder = course.root / top / like.id
        for path in sorted(folder.rglob("*")):
            if path.suffix in COPIED_SUFFIXES and path.name != "stub.py":
                yield Path(top, exercise, path.relative_to(folder)), own.sub(exercise, path.read_text(encoding="utf-8"))


def _write_new_file(path: Path, text: str) -> None:
    write.write_folder(path.parent, {path.name: text})


def _tell_next_steps(course: Course, spec: Exercise) -> None:
    reference = "solution.py, reference.py and rejects/" if spec.has_behaviour_checks else "solution.py and rejects/"
    click.echo(f"Made the exercise {spec.id}, which works as it is. Now change, in {course.root}:")
    click.echo(f"  exercises/{spec.id}/exercise.yaml and README.md")
    click.echo(f"  solutions/{spec.id}/{reference}")
    cases = " --write-cases" if spec.has_behaviour_checks else ""
    click.echo(f"Then: grade selfcheck {spec.id} --write-stubs{cases} && grade selfcheck {spec.id}")
