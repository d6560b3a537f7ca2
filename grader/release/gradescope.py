"""On Gradescope: `python -m grader.release.gradescope ROOT EXERCISE` grades what lies in ROOT/submission.

The autograder's own failure leaves no results behind, so that Gradescope reports it as one and nobody gets 0 points.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from grader import cli, submission
from grader.checks import loading
from grader.course import Course
from grader.errors import Exit, UsageError
from grader.exercise import Exercise
from grader.reports import write
from grader.reports.text import line

KINDS = (".py", ".ipynb")
MOST_FILES = 1000


def main(root: Path, exercise_id: str, run: Callable[[list[str]], int] = cli.run) -> int:
    """Grades the submission; returns 0 where there are results.

    Args:
        root: the folder with `source`, `submission` and `results`, usually /autograder.
        run: grades a command line.
    """
    course = Course(root=root / "source" / "course")
    spec = loading.load(course, exercise_id)
    results = root / "results" / "results.json"
    results.parent.mkdir(exist_ok=True)
    try:
        chosen = choose(root / "submission", spec)
    except UsageError as error:
        write.write(results, json.dumps({"score": 0.0, "output": str(error), "output_format": "text"}))
        return Exit.PASSED
    code = run([spec.id, str(chosen), "--course", str(course.root), "--gradescope", str(results), "--quiet"])
    return Exit.PASSED if code in (Exit.PASSED, Exit.NOT_PASSED) else code


def choose(folder: Path, spec: Exercise) -> Path:
    """The file to grade: the only one, else the one named like the exercise, else the only one with its function.

    Raises:
        UsageError: there is none, or it can't be told.
    """
    paths = (path for path in islice(folder.rglob("*"), MOST_FILES) if path.suffix.lower() in KINDS)
    found = sorted(path for path in paths if path.is_file() and not path.is_symlink() and not _hidden(path, folder))
    if not found:
        raise UsageError("there is no .py file and no notebook in what you handed in")
    named = [path for path in found if path.stem == spec.id]
    for fitting in (found, named, [path for path in found if _defines(path, spec)]):
        if len(fitting) == 1:
            return fitting[0]
    names = ", ".join(line(path.name, 60) for path in found[:10])
    raise UsageError(f"hand in one file, or name it {spec.id}.py; it can't be told which of these to grade: {names}")


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)


def _defines(path: Path, spec: Exercise) -> bool:
    return spec.function is not None and f"def {spec.function}(" in submission.read(path).source


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
