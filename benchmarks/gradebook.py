"""A gradebook of 100,000 verdicts: how long a class report and an export take, from the command to its last line.

    python benchmarks/gradebook.py [VERDICTS]

Goals: report in 2 s, export in 5 s. The verdicts are of 10 exercises, with 64 different outcomes and a training curve.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec import structs

from grader.courses.exercise import CheckSpec, Exercise
from grader.gradebook import Gradebook, build_entry
from grader.gradebook.entries import make_entry_key
from grader.records.run import Run, RunEnd
from grader.records.verdict import CheckResult, SubmissionRef, TrainingRecord, Verdict

EXERCISES = 10
CHECKS = 8
OUTCOMES = 64
AT_ONCE = 5000


class Judged:
    """What a gradebook is given."""

    at = "2026-10-01T10:00:00+00:00"

    def __init__(self, verdict: Verdict, runs: list[Run]) -> None:
        self.verdict, self.runs = verdict, runs


def exercise(number: int) -> Exercise:
    checks = [CheckSpec(id=f"check{index}", check="training.epochs", points=12.5) for index in range(CHECKS)]
    return Exercise(schema="grade-exercise/1", id=f"exercise{number:02}", title=f"Number {number}", checks=checks)


def judged(of: Exercise, outcome: int) -> Judged:
    """A verdict of the usual size; the bits of `outcome` say which checks failed."""
    checks = [
        CheckResult(
            id=spec.id, title=f"The check number {index}", status="failed" if outcome >> index & 1 else "passed",
            points=0.0 if outcome >> index & 1 else 12.5, max_points=12.5, basis="measured", message="as it was measured " * 3,
        )
        for index, spec in enumerate(of.checks)
    ]  # fmt: skip
    score = sum(check.points for check in checks)
    curve = [{"epoch": float(epoch), "accuracy": 0.9 + epoch / 100, "loss": 0.3} for epoch in range(9)]
    training = TrainingRecord(epochs=curve, stopped_by="callback", examples=60000, seed=7)
    verdict = Verdict(
        exercise=of.id, title=of.title, submission=SubmissionRef(path="solution.py", sha256="0" * 64),
        status="passed" if score == 100 else "failed", score=score, max_score=100.0, end="completed",
        checks=checks, training=[training], stdout="Epoch 1/9\n" * 20,
    )  # fmt: skip
    return Judged(verdict, [Run(seed=7, end=RunEnd(kind="completed"), training=training)])


def fill(url: str, verdicts: int) -> None:
    """Writes them; each pattern is rendered once, since writing isn't what is measured here."""
    book = Gradebook.open(url)
    source = b"x = 1\n" * 300
    made = [
        [build_entry(of, "", judged(of, outcome), source=source) for outcome in range(OUTCOMES)]
        for of in map(exercise, range(EXERCISES))
    ]
    batch = []
    for index in range(verdicts):
        student, which = divmod(index, EXERCISES)
        pattern = made[which][student * 7919 % OUTCOMES]
        name, sha = f"s{student:06}", f"{index:064}"
        old = pattern.figures
        figures = structs.replace(old, student=name, sha256=sha, key=make_entry_key(old.exercise, name, sha, old.spec),
                                  submitted_at="2026-10-01T09:00:00+00:00")  # fmt: skip
        batch.append(structs.replace(pattern, figures=figures, name=f"Student {student}"))
        if len(batch) == AT_ONCE:
            book.write_entries(batch)
            batch = []
    book.write_entries(batch)


def timed(*command: str) -> float:
    """Seconds from the start of a command to its end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from grader.cli import main; main()", *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    verdicts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'gradebook.db'}"
        began = time.perf_counter()
        fill(url, verdicts)
        size = (Path(folder) / "gradebook.db").stat().st_size
        print(f"{verdicts:,} verdicts, {size / 1e6:,.0f} MB, written in {time.perf_counter() - began:.1f} s")
        for name, goal, command in (
            ("report", 2.0, ["report"]),
            ("report of one exercise", 2.0, ["report", "exercise00"]),
            ("export csv", 5.0, ["export", "--format", "csv"]),
            ("export json", 5.0, ["export", "--format", "json"]),
            ("export canvas", 5.0, ["export", "--format", "canvas"]),
            ("export moodle", 5.0, ["export", "exercise00", "--format", "moodle"]),
        ):
            took = min(timed(*command, "--gradebook", url) for _ in range(3))
            print(f"{name:>24} {took:6.2f} s (goal {goal:g} s){'' if took <= goal else '  MISSED'}")


if __name__ == "__main__":
    main()
