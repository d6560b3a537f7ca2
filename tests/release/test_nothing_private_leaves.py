"""A canary in everything that a course holds and students don't need: none is in anything that leaves."""

import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import cli
from grader.courses import exercise, settings
from grader.courses.course import Course
from grader.courses.yaml_nodes import Problems
from grader.courses.yaml_tree import convert_to_python, parse_yaml
from grader.errors import CourseError
from grader.protocol.datasets import DatasetDescription
from grader.quiz import loading
from grader.quiz.model import Quiz
from grader.release import leaks, public, written

ROOT = Path(__file__).resolve().parents[2]
CANARY = re.compile(rb"canary", re.IGNORECASE)
# Fields of `course.yaml` that stay in the course; a new field belongs in this list or in `written.SETTINGS`.
PRIVATE_SETTINGS = {"grading", "solutions"}
COURSE = """\
# canary-comment
schema: grade-course/1
dialect: warn  # canary-dialect
grading:
  due: {exercise1: '2031-07-13T23:59:00+01:00', week2: '2031-07-13T23:59:00+01:00'}
  late: {per_day: 13%, grace: 17min, cut_off: 19d}
  attempts: {keep: last, most: 23}
  drop_lowest: 0
  weights: {exercise1: 31.337%, week2: 68.663%}
  extensions: {canary-1003: {exercise1: 5d}, 'Canary Lovelace': {exercise1: '2031-07-14T12:00:00+01:00'}}
  excused: {canary-1012: [exercise1]}
"""
ROSTER = "id,name,email,submitted_at\ncanary-77,Canary Hopper,canary@example.org,2031-07-13T10:00:00+01:00\n"


def sprinkle(path, sign="#"):
    """A canary after the first line, as a comment."""
    first, _, rest = path.read_text().partition("\n")
    path.write_text(f"{first}\n{sign} canary-{path.stem}\n{rest}")


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    for name in ("exercises/exercise1", "solutions/exercise1", "exercises/pooling", "solutions/pooling"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("quizzes/week2.yaml", "solutions/quizzes/week2.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
        sprinkle(root / name)
    for path in [*root.glob("exercises/*/exercise.yaml"), *root.glob("solutions/*/rejects/*.py")]:
        sprinkle(path)
    for name in ("exercise1", "pooling"):
        solution = root / "solutions" / name / "solution.py"
        solution.write_text(re.sub(r"(# YOUR CODE STARTS HERE.*\n)", r"\1# canary-solution\n", solution.read_text()))
        (root / "exercises" / name / "notes.txt").write_text("canary-notes")
        (root / "exercises" / name / "grades.csv").write_text(ROSTER)
        (root / "exercises" / name / ".old").mkdir()
        (root / "exercises" / name / ".old" / "stub.py").write_text("canary-old")
    key = root / "solutions" / "quizzes" / "week2.yaml"
    key.write_text(re.sub(r"explain: .*", "explain: canary-explanation of some length", key.read_text()))
    (root / "course.yaml").write_text(COURSE)
    for name in ("roster.csv", "quizzes/notes.md", "solutions/datasets/held/held.csv", "grades/feedback.html", "feedback/1001.html", "gradebook.db", ".git/HEAD"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(ROSTER)
    return Course(root=root)


def everything(folder):
    """The bytes of every file, and of what archives hold."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{name}", name.encode() + archive.read(name)) for name in archive.namelist())


def test_no_canary_leaves(course, tmp_path, monkeypatch, capsys):
    """Not in the students' repository, not in a bundle for any service; and nothing of the policy's figures either."""
    out = tmp_path / "out"
    monkeypatch.setenv("GRADE_COURSE", str(course.root))

    assert cli.run_command_line(["release", str(out / "students"), "--notebooks"]) == 0
    assert cli.run_command_line(["bundle", "gradescope", str(out / "exercise1.zip")]) == 0
    for service in ("github", "gitlab"):
        assert cli.run_command_line(["bundle", service, str(out / service), "pooling", "--package", "grade==0.1"]) == 0

    left = dict(everything(out))
    assert len(left) > 300
    assert {"exercise1.ipynb", "pooling.ipynb", "1-computer-vision.ipynb"} <= left.keys()
    assert {name: CANARY.search(data)[0] for name, data in left.items() if CANARY.search(data)} == {}
    assert not [name for name, data in left.items() if b"2031-07" in data or b"Hopper" in data or b"31.337" in data]
    assert left["course.yaml"] == left["exercise1.zip/course/course.yaml"].removeprefix(b"course/course.yaml")
    assert left["course.yaml"] == b"schema: grade-course/1\ndialect: warn\n"
    assert "left out: exercises/pooling/notes.txt" in capsys.readouterr().err


def test_selfcheck_finds_nothing_in_it(course, capsys):
    """The same course keeps its promise that nothing secret is released."""
    cli.run_command_line(["selfcheck", "--course", str(course.root), "--text-only", "--ci"])

    assert re.search(r"nothing secret is released +ok", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("kind", "listed", "private"),
    [
        (settings.CourseSettings, written.SETTINGS, PRIVATE_SETTINGS),
        (DatasetDescription, written.DATASET, set()),
        (exercise.Exercise, written.EXERCISE, {"source"}),
        (Quiz, written.QUIZ, set()),
    ],
)
def test_each_key_is_listed_or_private(kind, listed, private):
    """A new key of a file is in one of the lists, by somebody's choice."""
    assert {*listed} | private == set(kind.__struct_encode_fields__)
    assert not {*listed} & private


def test_the_written_files_say_the_same():
    """Every exercise and quiz of the course, read back, is what its author wrote."""
    course = Course(root=ROOT)
    found = public.collect(course)
    for name in course.list_exercise_ids():
        tree = parse_yaml(found.files[f"exercises/{name}/exercise.yaml"].decode(), Problems("a"))
        assert convert_to_python(tree) == convert_to_python(parse_yaml((ROOT / f"exercises/{name}/exercise.yaml").read_text(), Problems("b")))
    for name in course.list_quiz_ids():
        quiz = loading.load_quiz_bytes(found.files[f"quizzes/{name}.yaml"])
        assert quiz == loading.load_quiz(course, name)


@given(st.recursive(st.text() | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)))
def test_whatever_stands_in_a_file_is_written_so_that_it_is_read_the_same(value):
    """Texts that look like numbers, nothing, tags or comments; line ends; any nesting."""
    problems = Problems("a")
    try:
        tree = parse_yaml("title: " + json.dumps(value, ensure_ascii=False).replace("/", "\\/"), problems)
    except CourseError:
        return

    again = parse_yaml(written.write_listed(tree, ["title"]).decode(), Problems("b"))

    assert convert_to_python(again) == convert_to_python(tree)


# ---- what is looked for ----


def linked(course, name, data):
    """A file that the README links, so that it leaves."""
    folder = course.root / "exercises" / "pooling"
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    readme = folder / "README.md"
    readme.write_text(f"{readme.read_text()}\n![the file]({name})\n")


def as_archive(data, name="member.txt"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


def as_notebook(code):
    cell = {"cell_type": "code", "source": code.splitlines(keepends=True)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})


SOLUTION = (ROOT / "solutions/exercise1/solution.py").read_text()
CHANGED = SOLUTION.replace("0.99", "0.991").replace("512", "500") + "\nprint('ready')\n"


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("page.md", "Ask CANARY-1003 about it", 'names the student "canary-1003" of course.yaml'),
        ("page.md", "by Canary  Hopper", 'names the student "canary hopper" of'),
        ("page.md", "mail canary@example.org", 'names the student "canary@example.org" of'),
        ("table.csv", "student,points\ncanary-77,10\n", 'names the student "canary-77" of'),
        ("table.zip", as_archive("a\nb\ncanary-77 got 10"), 'names the student "canary-77" of'),
        ("page.md", "canary-explanation\n  of some LENGTH", "holds a text of the key solutions/quizzes/week2.yaml"),
        ("held.csv", ROSTER, "is a copy of "),
        ("other.py", CHANGED, "lines that solutions/exercise1/solution.py keeps from the stub"),
        ("other.ipynb", as_notebook(CHANGED), "lines that solutions/exercise1/solution.py keeps from the stub"),
        ("other.zip", as_archive(CHANGED, "a.py"), "lines that solutions/exercise1/solution.py keeps from the stub"),
        ("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nAAAA", "holds a private key"),
        ("page.md", "clone https://me:s3cret@example.org/a", "holds an address with a password"),
    ],
)
def test_what_must_stay_is_found(course, name, data, found):
    """Wherever it stands and whatever is around it; the whole release is refused, and `selfcheck --ci` says it."""
    linked(course, name, data)

    with pytest.raises(CourseError) as told:
        public.collect(course)
    assert f"exercises/pooling/{name}:" in str(told.value)
    assert found in str(told.value)


def test_held_out_arrays_are_found_in_another_archive(course):
    """A .npz of a secret split, packed anew under another name, together with something else."""
    labels = np.arange(5000) % 10
    np.savez(course.root / "solutions" / "datasets" / "held" / "test.npz", labels=labels)
    packed = io.BytesIO()
    np.savez_compressed(packed, y=labels, z=np.zeros(3))
    linked(course, "extra.npz", packed.getvalue())

    with pytest.raises(CourseError, match=r"extra\.npz:1:1: is a copy of solutions/datasets/held/test\.npz"):
        public.collect(course)


@pytest.mark.parametrize("text", ["1003 images of 28 pixels", "The class of a pooled image; 1290 of them"])
def test_ordinary_words_and_numbers_are_nobody(course, text):
    """Ids that look like words or numbers of any text count only where half of their list is there."""
    ids = ["class", "pool", "1003", "1004", "1290", "1291"]
    (course.root / "other.csv").write_text("id,name\n" + "".join(f"{each},Somebody Else{each}\n" for each in ids))
    linked(course, "page.md", text)

    assert public.collect(course).files["exercises/pooling/page.md"] == text.encode()
    linked(course, "list.md", " ".join(ids[:4]))
    with pytest.raises(CourseError, match=r"list\.md:1:1: names students of other\.csv"):
        public.collect(course)


def test_a_link_out_of_the_exercise_is_no_file_of_it(course):
    """Whatever a README links, nothing beside the exercise comes along."""
    readme = course.root / "exercises" / "pooling" / "README.md"
    for target in ("../../course.yaml", "../../solutions/pooling/solution.py", "/etc/passwd", ".old/stub.py", "a\0b", "https://example.org/a"):
        readme.write_text(f"[a]({target}) <img src='{target}'>")
        names = {name for name in public.collect(course, ["pooling"]).files if "pooling" in name}
        assert names == {f"exercises/pooling/{name}" for name in ("README.md", "cases.npz", "exercise.yaml", "stub.py")}


def test_a_linked_picture_leaves(course):
    """Below the exercise's folder, with a space in its name, as it is."""
    (course.root / "exercises" / "pooling" / "img").mkdir()
    linked(course, "img/a.png", b"\x89PNG\r\n\x1a\n\0\0")
    linked(course, "two words.png", b"\x89PNG")
    readme = course.root / "exercises" / "pooling" / "README.md"
    readme.write_text(readme.read_text().replace("two words.png", "two%20words.png"))

    files = public.collect(course, ["pooling"]).files
    assert {"exercises/pooling/img/a.png", "exercises/pooling/two words.png"} <= set(files)


@pytest.mark.parametrize(
    "package", ["git+https://me:s3cret@example.org/grade", "git+https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@example.org/a"]
)
def test_no_password_gets_into_the_students_repository(course, tmp_path, capsys, package):
    """What pip installs there is read by every student."""
    args = ["bundle", "github", str(tmp_path / "out"), "pooling", "--course", str(course.root), "--package", package]

    assert cli.run_command_line(args) == 2
    assert "--package holds a password or token" in capsys.readouterr().err


def test_secrets_name_their_file(course):
    """Each with where it comes from, so that the message can say it."""
    found = leaks.collect_secrets(course)

    assert found.people["canary lovelace"] == "course.yaml"
    assert found.people["canary-77"].endswith(".csv")
    assert set(found.code) == {"solutions/exercise1/solution.py", "solutions/pooling/solution.py"}
    assert msgspec.json.encode(sorted(set(found.texts.values()))) == b'["solutions/quizzes/week2.yaml"]'
