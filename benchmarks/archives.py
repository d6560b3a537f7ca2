"""A class of a thousand in an archive of each kind, against the same files in a plain folder, all in one run.

    python benchmarks/archives.py [STUDENTS [ROUNDS]]

The files are refused by their text (a syntax error), so that nothing is trained and the way from an archive to the
gradebook is what takes the time: of real gradings, which take seconds each, it is a far smaller part. A plain folder is
timed before each archive and after the last one; an archive's ratio is its best time over the best of its two
neighbours'. Prints processor time, which a busy machine changes little, and wall time; the goal is at most 1.10.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.10
GRADE = [sys.executable, "-c", "import sys; from grader.cli import main; main()", "batch", "pooling"]
Files = dict[str, bytes]


def write_answer(number: int) -> bytes:
    """About as long as a real one, and each another."""
    return (f"# student {number}\n" + "# the largest of every square of two by two pixels stays\n" * 25 + "def max_pool(image)\n    return image\n").encode()


def list_plain(count: int) -> Files:
    return {f"s{number:04}.py": write_answer(number) for number in range(count)}


def list_canvas(count: int) -> Files:
    return {f"student{number}_{10000 + number}_{900000 + number}_pooling.py": write_answer(number) for number in range(count)}


def list_moodle(count: int) -> Files:
    return {f"Student N{number}_{10000 + number}_assignsubmission_file_/pooling.py": write_answer(number) for number in range(count)}


def list_blackboard(count: int) -> Files:
    names = [f"Pooling_u{number:04}_attempt_2026-10-01-10-{number % 60:02}-00" for number in range(count)]
    return {f"{name}_pooling.py": write_answer(number) for number, name in enumerate(names)} | {f"{name}.txt": b"Name: x" for name in names}


def list_brightspace(count: int) -> Files:
    return {f"{20000 + number}-900017 - Student N{number} - Oct 1, 2026 940 PM/pooling.py": write_answer(number) for number in range(count)}


def list_gradescope(count: int) -> Files:
    told = "".join(
        f"submission_{number}:\n  :submitters:\n  - :name: Student {number}\n    :sid: s{number:04}\n    :email: s{number}@example.org\n"
        f"  :created_at: 2026-10-01 10:00:00.123456000 Z\n  :score: 0.0\n  :status: processed\n  :results:\n    tests: []\n    output: ''\n"
        for number in range(count)
    )
    files = {f"assignment_9_export/submission_{number}/pooling.py": write_answer(number) for number in range(count)}
    return files | {"assignment_9_export/submission_metadata.yml": told.encode()}


def list_repositories(count: int) -> Files:
    return {f"pooling-submissions/pooling-s{number:04}/pooling.py": write_answer(number) for number in range(count)}


def list_packed(count: int) -> Files:
    return {f"s{number:04}.zip": pack({"work/pooling.py": write_answer(number)}) for number in range(count)}


KINDS: dict[str, Callable[[int], Files]] = {
    "plain names": list_plain,
    "Canvas": list_canvas,
    "Moodle": list_moodle,
    "Blackboard": list_blackboard,
    "Brightspace": list_brightspace,
    "Gradescope": list_gradescope,
    "repositories": list_repositories,
    "a zip for each": list_packed,
}


def pack(files: Files) -> bytes:
    """A zip's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def measure_batch(place: Path, students: int) -> tuple[float, float]:
    """Processor and wall time of the whole command with nothing known before, in seconds."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADE_COURSE": str(ROOT), "GRADE_CACHE": f"{empty}/cache"}
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([*GRADE, str(place), "-q"], cwd=empty, env=environment, capture_output=True, text=True, check=False)
        wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    graded = done.stdout.count("pooling: failed")
    if done.returncode or graded != students:
        raise SystemExit(f"{place.name}: {graded} of {students} graded\n{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall_s


def find_best(place: Path, students: int, rounds: int) -> tuple[float, float]:
    """The least of each."""
    cpu_s, wall_s = zip(*(measure_batch(place, students) for _ in range(rounds)), strict=True)
    return min(cpu_s), min(wall_s)


def main() -> None:
    students, rounds = (int(given) for given in (*sys.argv[1:3], *("1000", "2")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "class"
        plain.mkdir()
        for name, data in list_plain(students).items():
            (plain / name).write_bytes(data)
        baselines = [find_best(plain, students, rounds)]
        print(f"{students:,} students      processor      wall")
        print(f"  {'plain folder':<15} {baselines[0][0]:6.2f} s     {baselines[0][1]:6.2f} s", flush=True)
        for kind, list_files in KINDS.items():
            archive = Path(folder) / f"{kind.replace(' ', '-')}.zip"
            archive.write_bytes(pack(list_files(students)))
            took = find_best(archive, students, rounds)
            baselines.append(find_best(plain, students, rounds))
            ratios = [own / min(one, other) for own, one, other in zip(took, *baselines[-2:], strict=True)]
            above = "" if ratios[0] <= GOAL else "   above the goal"
            print(f"  {kind:<15} {took[0]:6.2f} s {ratios[0]:.2f} {took[1]:6.2f} s {ratios[1]:.2f}{above}", flush=True)


if __name__ == "__main__":
    main()
