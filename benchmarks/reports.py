"""How long a class of 300 takes to render: pages with their index, and each machine format.

    python benchmarks/reports.py [--students 300]

Prints seconds, beside those of writing the same verdicts as JSON in the same run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.records.verdict import CheckResult, DeclaredLayer, SubmissionRef, TrainingRecord, Verdict
from grader.reports import codabench, gradescope, html, json_, junit, markdown
from grader.reports.write import write_folder

SOURCE = "".join(f"line_{number} = {number}\n" for number in range(1, 121))
CHECKS = 8
EPOCHS = 19
LIMIT_S = 10.0


def student(number: int) -> Verdict:
    """A verdict with failures, two trainings, a layer table and output, as a class has them."""
    checks = [
        CheckResult(
            id=f"check-{index}", title=f"The check number {index} of the exercise", max_points=10.0, basis="measured",
            status="failed" if (number + index) % 3 == 0 else "passed", points=10.0 if (number + index) % 3 else 0.0,
            message="accuracy came to 0.9931, which is not above 0.998", expected="accuracy above 0.998", got="0.9931",
            hint="Are the pixels scaled to 0..1?", line=20 + index,
        )
        for index in range(CHECKS)
    ]  # fmt: skip
    epochs = [{"epoch": index, "accuracy": 1 - 0.1 * 0.7**index, "loss": 0.5 * 0.7**index} for index in range(EPOCHS)]
    record = TrainingRecord(epochs=epochs, stopped_by="callback", examples=60_000, seed=7, seconds=31.0)
    layers = [
        DeclaredLayer(kind="Dense", name=f"dense_{index}", output_shape=[None, 128], asked="Dense(128)")
        for index in range(20)
    ]
    return Verdict(
        exercise="exercise3", title="One convolution", status="failed", score=sum(check.points for check in checks),
        max_score=80.0, end="completed", checks=checks, training=[record, record], layers=layers, stdout="epoch\n" * 400,
        submission=SubmissionRef(path=f"submissions/student_{number:04d}.py", sha256=f"{number:064x}"),
        measured={"train_accuracy": 0.99, "test_accuracy": 0.98}, returned=[list(range(EPOCHS)), 0.9931],
    )  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    verdicts = [student(number) for number in range(parser.parse_args().students)]
    sources = {verdict.submission.sha256: SOURCE for verdict in verdicts}
    base = seconds(lambda: json_.render(verdicts))
    with tempfile.TemporaryDirectory() as folder:
        took = seconds(lambda: write_folder(Path(folder), html.render_site(verdicts, sources)))
    print(f"{'pages and index, written':26} {took:6.2f} s   {took / base:6.1f} × JSON   (limit {LIMIT_S:g} s)")
    for module in (json_, junit, gradescope, markdown, codabench):
        took = seconds(lambda module=module: module.render(verdicts))  # type: ignore[misc]
        print(f"{module.__name__.rpartition('.')[2]:26} {took:6.2f} s   {took / base:6.1f} × JSON")


if __name__ == "__main__":
    main()
