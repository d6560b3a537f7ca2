"""On Gradescope: `python -m grader.cli.gradescope ROOT EXERCISE` grades what lies in ROOT/submission.

The autograder's own failure leaves no results behind, so that Gradescope reports it as one and nobody gets 0 points.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from grader import cli
from grader.batch.assign import choose_in_folder
from grader.checks import loading
from grader.courses.course import Course
from grader.errors import Exit, UsageError
from grader.reports import write


def main(root: Path, exercise_id: str, run: Callable[[list[str]], int] = cli.run_command_line) -> int:
    """Grades the submission; returns 0 where there are results.

    Args:
        root: the folder with `source`, `submission` and `results`, usually /autograder.
        run: grades a command line.
    """
    course = Course(root=root / "source" / "course")
    spec = loading.load_exercise(course, exercise_id)
    results = root / "results" / "results.json"
    results.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="grade-submission-") as space:
        try:
            chosen = choose_in_folder(root / "submission", spec, Path(space))
        except UsageError as error:
            # The student handed in the wrong files; that is a result, not a failure of the autograder.
            write.write_text(results, json.dumps({"score": 0.0, "output": str(error), "output_format": "text"}))
            return Exit.PASSED
        code = run([spec.id, str(chosen), "--course", str(course.root), "--gradescope", str(results), "--quiet"])
    return Exit.PASSED if code in (Exit.PASSED, Exit.NOT_PASSED) else code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
