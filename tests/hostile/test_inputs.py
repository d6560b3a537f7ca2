"""What is handed in need not be a file of the right kind: whatever it is, there is a clear answer, soon, and no harm."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.train
COURSE = Path(__file__).parent / "course"
REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST_S = 15.0
GRADED = b"def train():\n    return 1\n"


def notebook(cells):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def cell(source, **more):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source, **more}


SOURCES = {
    "nothing": b"",
    "zeros": b"\0" * 10_000,
    "a NUL in the middle": GRADED + b"x = 1\0\n",
    "not UTF-8": GRADED + b"x = '\xff\xfe'\n",
    "another encoding": b"# -*- coding: utf-7 -*-\n+AGkAbQBwAG8AcgB0- os\n" + GRADED,
    "an unknown encoding": b"# -*- coding: hostile -*-\n" + GRADED,
    "an encoding that runs code": b"# -*- coding: unicode_escape -*-\n\\x69mport os\n",
    "brackets without end": b"x = " + b"(" * 100_000,
    "lists in lists": b"x = " + b"[" * 5000 + b"]" * 5000 + b"\n" + GRADED,
    "minus signs": b"x = " + b"-" * 100_000 + b"1\n" + GRADED,
    "attributes": b"x = a" + b".a" * 100_000 + b"\n" + GRADED,
    "a long sum": b"x = 1" + b" + 1" * 100_000 + b"\n" + GRADED,
    "calls": b"x = f" + b"()" * 50_000 + b"\n" + GRADED,
    "blocks in blocks": b"".join(b" " * depth + b"if 1:\n" for depth in range(2000)),
    "many functions": b"".join(b"def f%d(): pass\n" % number for number in range(50_000)),
    "one long line": b"x = '" + b"a" * 5_000_000 + b"'\n" + GRADED,
    "one long name": b"a" * 1_000_000 + b" = 1\n" + GRADED,
    "a huge number": b"x = " + b"9" * 100_000 + b"\n" + GRADED,
    "a huge power": b"x = 10 ** 10 ** 10\n" + b"y = 'a' * 10 ** 12\n",
    "escapes": b"\x1b[2J\x1b]0;title\x07def train(:\n",
    "f-strings in f-strings": b"x = f'" + b'{f"' * 300 + b"'\n",
    "too much": b"#" * 50_000_000,
    "a million spaces": b"def train(:\n" + b" " * 1_000_000 + b"x y\n",
    "a name and a million spaces": b"def train(:\nx" + b" " * 1_000_000 + b"y\n",
    "a question and a million spaces": b"def train(:\nx?" + b" " * 1_000_000 + b"y\n",
    "a prompt and a million spaces": b">>> def train(:\n" + b" " * 1_000_000 + b"y\n",
    "a million empty lines": b"def train(:\n" + b"\n" * 1_000_000 + b"y y\n",
    "commas and spaces": b"def train(:\n" + b", " * 40_000 + b"\n",
    "many magics": b"def train(:\n" + b"%%bash\n\n" * 30_000,
}  # fmt: skip
NOTEBOOKS = {
    "not JSON": b"{" * 10_000,
    "nested": b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "no cells": b'{"nbformat": 4, "cells": null}',
    "cells of another kind": notebook([1, None, "x", [], {"cell_type": 5, "source": {}}]),
    "a source of another kind": notebook([cell({"a": 1}), cell([1, 2]), cell(None), cell(5)]),
    "numbers that JSON hasn't": b'{"nbformat": NaN, "cells": [{"cell_type": "code", "source": Infinity}]}',
    "a huge number": b'{"nbformat": ' + b"9" * 100_000 + b', "cells": []}',
    "the same key twice": b'{"cells": [], "cells": [{"cell_type": "code", "source": "def train(): pass"}]}',
    "surrogates": notebook([cell("x = '\ud800'\ndef train():\n    return (")]),
    "escapes": notebook([cell("\x1b[2J\x07def train(:")]),
    "many cells": notebook([cell("x = 1")] * 50_000),
    "a huge output": notebook([cell("x = (", outputs=[{"output_type": "stream", "text": "x" * 5_000_000}])]),
    "magics": notebook([cell("!rm -rf / --no-preserve-root\n%%bash\nrm -rf ~\n%run /etc/passwd\ndef train(:")]),
}
NAMES = [
    b"line\nbreak.py", b"-rf.py", b"--json=pwned.py", b"$(touch pwned).py", b"a;touch pwned;.py", b"\xff\xfe.py", b"\x1b[2J.py",
    b" .py", b"'\".py", b"::error::.py", b"a" * 250 + b".py", "\u202eyp.py".encode(), b"%s%n%x.py", b"<script>.py",
]  # fmt: skip


def grade(tmp_path, *arguments):
    """The exit code, all that was said, and the seconds; nothing may be left in the working folder."""
    folder = tmp_path / "working"
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)]),
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-c", "from grader.cli import main; main()", *arguments]
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=60)
    seconds = time.monotonic() - began
    assert os.listdir(folder) == []
    return done.returncode, done.stdout + done.stderr, seconds


def refused_kindly(code, said, seconds):
    assert code in (1, 2), said[-2000:]
    assert b"Traceback" not in said
    assert b"the grader failed" not in said
    assert [byte for byte in said if byte < 32 and byte not in b"\n\t\r"] == []
    assert seconds < LONGEST_S


LOOK = """
import sys
from pathlib import Path
from grader import grading, submission
from grader.checks.loading import load_exercise
from grader.courses.course import Course
course = Course(root=Path(sys.argv[1]))
report = grading.inspect_file(course, load_exercise(course, "quick"), submission.read_submission(Path(sys.argv[2])))
assert report.plan is not None or report.findings
"""


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_that_is_none(tmp_path, name):
    """A Python file that nobody would write is looked at to its end, soon: there is a finding, or a plan of it."""
    path = tmp_path / "submission.py"
    path.write_bytes(SOURCES[name])
    began = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(COURSE), str(path)], cwd=REPOSITORY, capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert time.monotonic() - began < LONGEST_S


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_that_is_none(tmp_path, name):
    """A notebook that no program wrote gets an answer too."""
    path = tmp_path / "submission.ipynb"
    path.write_bytes(NOTEBOOKS[name])

    refused_kindly(*grade(tmp_path, "quick", str(path), "--course", str(COURSE)))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_none(tmp_path, name):
    """A file's name is never a command, an option, or a picture on the screen."""
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"def train(:\n")

    refused_kindly(*grade(tmp_path, "quick", os.fsdecode(path), "--course", str(COURSE)))


def archive(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../pwned", "x")
        file.writestr("bomb", b"0" * 100_000_000)


THINGS = {
    "an archive": lambda path: archive(path),
    "a compressed file": lambda path: path.write_bytes(gzip.compress(b"0" * 100_000_000)),
    "a folder": lambda path: path.mkdir(),
    "a pipe that nobody fills": lambda path: os.mkfifo(path),
    "a link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a sparse terabyte": lambda path: (path.touch(), os.truncate(path, 2**40)),
}


@pytest.mark.parametrize("ending", [".py", ".ipynb", ".zip"])
@pytest.mark.parametrize("name", THINGS)
def test_a_thing_that_is_no_file(tmp_path, name, ending):
    """Archives, folders, pipes, devices and links are told from a submission."""
    path = tmp_path / f"submission{ending}"
    THINGS[name](path)

    refused_kindly(*grade(tmp_path, "quick", str(path), "--course", str(COURSE)))


HEAD = "schema: grade-responses/1\nquiz: week2\nstudent: me\n"
ANSWERS = {
    "aliases that grow": HEAD + "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
    "an object": HEAD + "answers: !!python/object/apply:os.system ['touch pwned']\n",
    "a tag": HEAD + "answers: !hostile {}\n",
    "nested": HEAD + "answers: " + "[" * 50_000 + "]" * 50_000,
    "nested maps": HEAD + "answers: " + "{a: " * 20_000,
    "a huge number": HEAD + "answers: {a: " + "9" * 50_000 + "}\n",
    "an anchor to itself": HEAD + "answers: &x [*x]\n",
    "a key that is a list": HEAD + "answers: {[a]: b}\n",
    "merged with itself": HEAD + "answers: &x {<<: *x}\n",
    "escapes": HEAD + 'answers: {"\\e[2J": ["\\0"]}\n',
    "text": "hello",
    "a list": "- 1\n- 2\n",
    "a date for a student": "schema: grade-responses/1\nquiz: week2\nstudent: 2020-01-01\nanswers: {}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_are_none(tmp_path, name):
    """A file of answers is data, bounded, and never more than that."""
    path = tmp_path / "answers.yaml"
    path.write_text(ANSWERS[name])

    refused_kindly(*grade(tmp_path, "quiz", "week2", "--answers", str(path), "--course", str(REPOSITORY)))
