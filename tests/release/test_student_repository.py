"""`grade release`: what students get, and what never leaves the course."""

import shutil
from pathlib import Path

import pytest

from grader import cli
from grader.courses.course import Course
from grader.errors import CourseError, UsageError
from grader.release import public, student

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path):
    """A course with one exercise and one quiz, and its solutions."""
    root = tmp_path / "course"
    for name in ("exercises/exercise1", "solutions/exercise1"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("quizzes/week2.yaml", "solutions/quizzes/week2.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return Course(root=root)


def link(course, name):
    """What a README links leaves with it."""
    readme = course.root / "exercises" / "exercise1" / "README.md"
    readme.write_text(f"{readme.read_text()}\nSee [this]({name}).\n")


def test_students_get_stubs_readmes_and_quizzes(course, tmp_path):
    """Nothing else is there: no solutions, no keys, no history, nothing that Python or an editor left behind."""
    (course.root / "exercises" / "exercise1" / "__pycache__").mkdir()
    (course.root / "exercises" / "exercise1" / "__pycache__" / "stub.pyc").write_bytes(b"x")
    (course.root / "exercises" / "exercise1" / ".stub.py.swp").write_bytes(b"x")
    (course.root / "course.yaml").write_text("schema: grade-course/1\ndialect: warn\n")

    names, _ = student.release_course(course, tmp_path / "out")

    inside = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file())
    expected = [".gitignore", "README.md", "course.yaml", "exercises/exercise1/README.md", "exercises/exercise1/exercise.yaml",
                "exercises/exercise1/stub.py", "quizzes/week2.yaml"]  # fmt: skip
    assert names == inside == expected


def test_the_whole_course_holds_no_line_of_a_solution(tmp_path):
    """No file of the released repository is a solution, a wrong answer or a key of this course."""
    student.release_course(Course(root=ROOT), tmp_path / "out")

    secrets = {path.read_bytes() for path in (ROOT / "solutions").rglob("*") if path.is_file()}
    released = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(released) > 30
    assert [path for path in released if path.read_bytes() in secrets] == []
    assert [path for path in released if path.suffix == ".yaml" and "quiz_digest" in path.read_text()] == []


def test_the_page_says_how_to_begin(course, tmp_path):
    """The README names the first exercise in its commands, lists all of them and the quizzes."""
    student.release_course(course, tmp_path / "out")

    text = (tmp_path / "out" / "README.md").read_text()
    assert "grade watch exercise1.py " in text
    assert "| [exercise1](exercises/exercise1/README.md) | A dense network, 99 % | 30 |" in text
    assert "    grade quiz week2\n" in text


def test_the_released_repository_is_a_course(course, tmp_path, monkeypatch, capsys):
    """`grade list` and `grade new` work in it."""
    student.release_course(course, tmp_path / "out")
    monkeypatch.chdir(tmp_path / "out")
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))

    assert cli.run_command_line(["list"]) == 0
    assert cli.run_command_line(["new", "exercise1"]) == 0
    assert "next: grade new exercise1" in capsys.readouterr().out
    assert (tmp_path / "out" / "exercise1.py").exists()


def test_a_copy_of_a_solution_is_refused(course, tmp_path):
    """Under another name and with other blank lines it is found, before anything is written."""
    text = (course.root / "solutions" / "exercise1" / "solution.py").read_text()
    (course.root / "exercises" / "exercise1" / "example.py").write_text(f"\n\n{text}\n")
    link(course, "example.py")

    with pytest.raises(CourseError) as told:
        student.release_course(course, tmp_path / "out")
    assert "exercises/exercise1/example.py:1:1: is a copy of solutions/exercise1/solution.py; remove it" in str(told.value)
    assert not (tmp_path / "out").exists()


def test_a_link_out_of_the_course_is_refused(course, tmp_path):
    """A link could bring in anything, so it is named instead of followed."""
    (course.root / "exercises" / "exercise1" / "notes.md").symlink_to(course.root / "solutions" / "quizzes" / "week2.yaml")
    link(course, "notes.md")

    with pytest.raises(CourseError, match=r"notes\.md:1:1: is a link or no plain file; put the file itself here"):
        public.collect(course)


def test_a_key_in_a_quiz_is_refused(course, tmp_path):
    """A quiz that tells its answers is broken, and isn't released."""
    path = course.root / "quizzes" / "week2.yaml"
    path.write_text(path.read_text() + "answers: {}\n")

    with pytest.raises(CourseError, match='"answers" belongs in solutions/quizzes/'):
        public.collect(course)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("full", "full isn't empty (a.txt is there); name a new folder, so that nothing old stays in it"),
        ("course", "course holds the course itself; name another folder"),
        ("full/a.txt", "full/a.txt can't be made: File exists"),
    ],
)
def test_where_it_cannot_be_written(course, tmp_path, place, message):
    """Nothing is mixed with what was there, and the course is never written into."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("old")

    with pytest.raises(UsageError) as told:
        student.release_course(course, tmp_path / place)
    assert str(told.value).endswith(message)


def test_the_named_ones_leave_and_no_others(course, tmp_path):
    """Exercises and quizzes alike: who names one gets that one."""
    for name, there in (("exercise1", "exercises/exercise1/stub.py"), ("week2", "quizzes/week2.yaml")):
        names, _ = student.release_course(course, tmp_path / name, [name])
        assert there in names
        assert not [other for other in names if "/" in other and name not in other]
    assert "grade quiz" not in (tmp_path / "exercise1" / "README.md").read_text()


def test_an_unknown_exercise_is_wrong_usage(course, tmp_path):
    """The nearest name is suggested."""
    with pytest.raises(UsageError, match='no exercise "exercise2"'):
        student.release_course(course, tmp_path / "out", ["exercise2"])
