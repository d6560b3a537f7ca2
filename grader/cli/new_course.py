"""`grade new-course DIR`: for authors: a small course that works, to be changed into one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from grader.cli.new_exercise import SAMPLE_FOLDER, write_sample
from grader.courses.course import Course
from grader.courses.datasets import DESCRIPTION_FILE
from grader.errors import GraderError, UsageError
from grader.quiz import loading
from grader.reports import write

FUNCTION_EXERCISE, TRAINING_EXERCISE, QUIZ, DATASET = "brighten", "outlines", "first_quiz", "shapes"
# What may be there already: a repository's own files.
KEPT_NAMES = {".git", ".github", ".gitattributes", ".DS_Store"}


@click.command("new-course")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    r"""For authors: make a small course in DIR, a new or empty folder: a dataset, a plain function, a training and a quiz.

    \b
    grade new-course my-course
    cd my-course && grade selfcheck
    """
    _check_folder(folder)
    texts = {"course.yaml": "course.yaml", "README.md": "README.md", "gitignore": ".gitignore"}
    write.write_folder(folder, {name: _read(f"{sample}.txt") for sample, name in texts.items()})
    course = Course(root=folder.resolve())
    _write_dataset(course)
    for exercise, kind in ((FUNCTION_EXERCISE, "function"), (TRAINING_EXERCISE, "outlines")):
        write_sample(course, exercise, kind)  # type: ignore[arg-type]
    _write_quiz(course)
    click.echo(
        f"Made a course in {course.root}: the dataset {DATASET}, the exercises {FUNCTION_EXERCISE} and {TRAINING_EXERCISE}, "
        f"and the quiz {QUIZ}."
    )
    click.echo(f"Now: cd {folder} && grade selfcheck && grade quiz-check")


def _check_folder(folder: Path) -> None:
    """Raises: UsageError: there is something in the folder that could be overwritten."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new or empty folder")
    if folder.is_dir() and (there := sorted(each.name for each in folder.iterdir() if each.name not in KEPT_NAMES)):
        raise UsageError(f"{folder} isn't empty (it holds {there[0]}); name a new or empty folder")


def _write_dataset(course: Course) -> None:
    """A dataset of the course's own, drawn by the script that stays beside it. Raises: GraderError: it can't be drawn."""
    folder = course.root / "datasets" / DATASET
    write.write_folder(folder, {"draw.py": _read("dataset/draw.py.txt")})
    # In a process of its own, since this one does without NumPy.
    drawn = subprocess.run([sys.executable, folder / "draw.py"], capture_output=True, text=True, check=False)
    digest = drawn.stdout.strip().removeprefix("sha256: ")
    if drawn.returncode:
        raise GraderError(f"{folder / 'draw.py'} failed: {drawn.stderr.strip().rpartition(chr(10))[2]}")
    write.write_folder(folder, {DESCRIPTION_FILE: _read("dataset/dataset.yaml.txt").replace("SAMPLE_SHA256", digest)})


def _write_quiz(course: Course) -> None:
    text = _read("quiz/questions.yaml.txt")
    digest = loading.hash_quiz(loading.load_quiz_bytes(text.encode(), f"quizzes/{QUIZ}.yaml"))
    write.write_folder(course.root / "quizzes", {f"{QUIZ}.yaml": text})
    key = _read("quiz/key.yaml.txt").replace("SAMPLE_DIGEST", digest)
    write.write_folder(course.solutions / "quizzes", {f"{QUIZ}.yaml": key})


def _read(name: str) -> str:
    """A sample's text under the quiz's name."""
    text = (SAMPLE_FOLDER / name).read_text(encoding="utf-8")
    return text.replace("SAMPLE_ID", QUIZ).replace("SAMPLE_TITLE", "A first quiz")
