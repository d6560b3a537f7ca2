"""How quick quizzes are: marking one answer file, a class of 10,000, its analysis; and whether loading survives noise.

    python benchmarks/quiz.py [--students 10000]
    python benchmarks/quiz.py --fuzz [--inputs 100000]

Wall times in seconds beside their limits. `--fuzz` loads random and mutated quiz files: each must end with a quiz or
with messages that have a code, never with anything else; it prints how many did which, and the peak memory.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "quiz")]

import yaml  # noqa: E402
from mutated import mutated  # noqa: E402
from simulated import write_class  # noqa: E402

from grader.courses.course import Course  # noqa: E402
from grader.errors import CourseError  # noqa: E402
from grader.quiz import handed_in, key, loading, marksheet  # noqa: E402
from grader.quiz.analysis import build_item_analysis  # noqa: E402
from grader.quiz.faults import FAULT_CODES  # noqa: E402

GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()"]
LIMITS = {"one file": 0.25, "marking": 10.0, "analysis": 2.0}


def fourteen(folder: Path) -> Course:
    """A course with a quiz of the 14 questions of week 2 and week 3."""
    parts = [yaml.safe_load((ROOT / "quizzes" / f"{name}.yaml").read_text()) for name in ("week2", "week3")]
    keys = [
        yaml.safe_load((ROOT / "solutions" / "quizzes" / f"{name}.yaml").read_text()) for name in ("week2", "week3")
    ]
    quiz = {
        "schema": "grade-quiz/1",
        "id": "both",
        "title": "Both",
        "questions": parts[0]["questions"] + parts[1]["questions"],
    }
    (folder / "quizzes").mkdir(parents=True)
    (folder / "exercises").mkdir()
    (folder / "solutions" / "quizzes").mkdir(parents=True)
    text = yaml.safe_dump(quiz, allow_unicode=True)
    (folder / "quizzes" / "both.yaml").write_text(text)
    answers = keys[0]["answers"] | keys[1]["answers"]
    digest = loading.hash_quiz(loading.load_quiz_bytes(text.encode()))
    content = {"schema": "grade-key/1", "quiz": "both", "quiz_digest": digest, "answers": answers}
    (folder / "solutions" / "quizzes" / "both.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    return Course(root=folder)


def one_file(folder: Path, rounds: int) -> float:
    """The median wall time of `grade quiz week3 --answers a.yaml`, the interpreter's start included."""
    path = folder / "a.yaml"
    path.write_text(
        "{schema: grade-responses/1, quiz: week3, student: s001, answers: {conv-out: [s26], pool-out: [s13]}}"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT)}
    times = []
    for _ in range(rounds):
        began = time.monotonic()
        subprocess.run(
            [*GRADE, "quiz", "week3", "--answers", str(path)], env=environment, capture_output=True, check=False
        )
        times.append(time.monotonic() - began)
    return statistics.median(times)


def class_times(course: Course, folder: Path, students: int) -> dict[str, float]:
    """Reading and marking a class's files, and analysing the marks."""
    quiz = loading.load_quiz(course, "both")
    solutions = key.load_key(course, quiz)
    assert solutions is not None
    write_class(folder, quiz, solutions, students)
    began = time.monotonic()
    read = [
        item
        for item in handed_in.read_response_files(handed_in.find_response_files(folder), quiz)
        if isinstance(item, handed_in.ResponseFile)
    ]
    sheet = marksheet.build_marksheet(quiz, solutions, handed_in.mark_class(quiz, solutions, read))
    marked = time.monotonic()
    figures = build_item_analysis(quiz, solutions, sheet)
    done = time.monotonic()
    assert (len(sheet.kept), figures.students) == (students, students)
    return {"marking": marked - began, "analysis": done - marked}


def fuzz(inputs: int, seed: int) -> None:
    """Loads mutated files; whatever isn't a quiz or a coded message ends this program with a traceback."""
    chance = random.Random(seed)
    seeds = [path.read_bytes() for path in sorted((ROOT / "quizzes").glob("*.yaml"))]
    ends: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(inputs):
        data = mutated(chance, seeds)
        began = time.monotonic()
        ends[end(data)] += 1
        slowest = max(slowest, time.monotonic() - began)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{inputs:,} inputs: {ends['quiz']:,} quizzes, {inputs - ends['quiz']:,} refused; slowest {slowest * 1000:.0f} ms, "
          f"peak memory {memory_mb:.0f} MB")  # fmt: skip
    print("  " + ", ".join(f"{code} {count:,}" for code, count in sorted(ends.items())))


def end(data: bytes) -> str:
    """What became of an input: `quiz`, or the code of its first message."""
    try:
        loading.load_quiz_bytes(data)
    except CourseError as error:
        codes = [problem.message.split()[0] for problem in error.problems]
    else:
        return "quiz"
    assert codes
    assert all(code in FAULT_CODES for code in codes), codes
    return codes[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--fuzz", action="store_true")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.fuzz:
        fuzz(options.inputs, options.seed)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times = {"one file": one_file(folder, options.rounds)}
        times |= class_times(fourteen(folder / "course"), folder / "class", options.students)
    for what, seconds in times.items():
        print(f"{what:10} {seconds:6.2f} s   limit {LIMITS[what]:5.2f} s")


if __name__ == "__main__":
    main()
