"""On Classroom 50: `python -m grader.cli.classroom50 BUNDLE EXERCISE` grades the checkout that it is started in.

The autograder's own failure leaves no result behind and ends with another exit code, so that nobody gets 0 points.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from grader import cli
from grader.batch.assign import choose_in_folder
from grader.checks import loading
from grader.courses.course import Course
from grader.errors import Exit, UsageError
from grader.messages.text import escape_line
from grader.reports import classroom50, write

RESULT = "result.json"


def main(
    bundle: Path, exercise_id: str, checkout: Path, environ: Mapping[str, str], run: Callable[[list[str]], int] = cli.run_command_line
) -> int:
    """Grades a checkout; returns 0 where there is a result.

    Args:
        bundle: the folder of this exercise's autograder, with `course` in it.
        checkout: the student's repository, in which the result is written.
        run: grades a command line.
    """
    course = Course(root=bundle / "course")
    spec = loading.load_exercise(course, exercise_id)
    result = checkout / RESULT
    result.unlink(missing_ok=True)  # what the student has committed under this name is no result
    with TemporaryDirectory(prefix="grade-submission-") as space:
        try:
            chosen = choose_in_folder(checkout, spec, Path(space))
        except UsageError as error:
            most = round(sum(check.points for check in spec.checks))
            # A missing file is the student's own matter, so it is a result with 0 points and its reason.
            test = {"test-name": escape_line(str(error), 500), "passed": False, "score": 0, "max-score": most}
            write.write_text(result, classroom50.render([test], environ, datetime.now(UTC)))
            return Exit.PASSED
        # Through the command line, so that a bundle grades exactly as anybody can at home.
        code = run([spec.id, str(chosen), "--course", str(course.root), "--classroom50", str(result), "--github"])
    # A failed check is a result too; only faults of ours may fail the job.
    return Exit.PASSED if code in (Exit.PASSED, Exit.NOT_PASSED) else code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path.cwd(), os.environ))
