"""Verdicts that were reached before."""

import pytest
from msgspec import structs

from grader import submission
from grader.checks import loading
from grader.courses.course import Course
from grader.grading import GradingOptions, grade_or_recall, known
from grader.records.run import Run, RunEnd

SPEC = """
schema: grade-exercise/1
id: small
title: Small
function: train
dataset: mnist
checks: [{id: epochs, check: training.epochs, args: {below: 99}, points: 1}]
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "exercises" / "small"
    folder.mkdir(parents=True)
    (tmp_path / "quizzes").mkdir()
    (folder / "exercise.yaml").write_text(SPEC)
    return Course(root=tmp_path)


@pytest.fixture
def file(tmp_path):
    """A file that is refused without being run, so that grading it is quick."""
    path = tmp_path / "mine.py"
    path.write_text("def tarin():\n    pass\n")
    return path


def graded(course, file, **options):
    return grade_or_recall(course, loading.load_exercise(course, "small"), file, GradingOptions(**options))


def is_told(verdict):
    return "nothing has changed since" in "".join(note.message for note in verdict.notes)


def test_the_same_file_is_told_its_verdict(course, file):
    """The second time the verdict is the first one, with a note that says from when it is."""
    first, second = graded(course, file), graded(course, file)

    assert not is_told(first.shown)
    assert second.verdict == first.verdict
    assert second.shown.notes[-1].message == (
        f"graded on {first.at[:16].replace('T', ' ')} UTC, and nothing has changed since; `--fresh` grades it again"
    )


def test_the_same_text_at_another_place_is_told_of_that_place(course, file, tmp_path):
    """The verdict names the file that was asked about."""
    graded(course, file)
    other = tmp_path / "elsewhere" / "mine.py"
    other.parent.mkdir()
    other.write_bytes(file.read_bytes())

    verdict = graded(course, other).shown

    assert is_told(verdict)
    assert verdict.submission.path == submission.read_submission(other).path


def test_another_name_in_an_edition_makes_it_new(course, file):
    """The verdict says which edition a file answers, by the names that this one has."""
    (course.root / "exercises/small/exercise.yaml").write_text(SPEC + "editions: [later]\n")
    later = course.root / "exercises/later/exercise.yaml"
    later.parent.mkdir()
    later.write_text(SPEC.replace("small", "later").replace("train\n", "learn\n", 1))
    assert not graded(course, file).verdict.edition

    later.write_text(later.read_text().replace("learn\n", "tarin\n"))

    assert graded(course, file).verdict.edition == "later"


CHANGES = {
    "text": lambda course, file: file.write_text("def tarin():\n    pass  #\n"),
    "specification": lambda course, file: (course.root / "exercises/small/exercise.yaml").write_text(SPEC + "# new\n"),
    "stub": lambda course, file: (course.root / "exercises/small/stub.py").write_text("def train():\n    pass\n"),
    "settings": lambda course, file: (course.root / "course.yaml").write_text("schema: grade-course/1\ndialect: warn\n"),
    "reference": lambda course, file: ((course.root / "solutions/small").mkdir(parents=True),
                                       (course.root / "solutions/small/reference.py").write_text("x = 1\n")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_verdict_rests_on_makes_it_new(course, file, change):
    """A changed file, specification, stub, course or reference is graded anew."""
    graded(course, file)
    CHANGES[change](course, file)

    assert not is_told(graded(course, file).shown)


@pytest.mark.parametrize("options", [{"seed": 3}, {"time_limit_s": 5.0}, {"device": "cpu"}, {"fresh": True}, {"sandbox": "off"}])
def test_other_choices_make_it_new(course, file, options):
    """Another seed, limit or device is another question; `--fresh` and an unconfined run are never told."""
    graded(course, file)

    assert not is_told(graded(course, file, **options).shown)


def test_another_name_makes_it_new(course, file):
    """Messages carry the file's name."""
    graded(course, file)

    assert not is_told(graded(course, file.rename(file.with_name("other.py"))).shown)


def test_an_unconfined_verdict_is_not_kept(course, file):
    """What ran without a sandbox may be forged."""
    graded(course, file, sandbox="off")

    assert not is_told(graded(course, file, sandbox="auto").shown)


@pytest.mark.parametrize(("traceback", "kept"), [("", False), ("ValueError: no", True)])
def test_only_a_crash_that_the_code_raised_is_kept(course, file, traceback, kept):
    """What ended a process by a signal may have been the machine."""
    one = graded(course, file)
    run = Run(seed=7, end=RunEnd(kind="crashed", message="it ended", traceback=traceback))
    known.store_verdict("key", structs.replace(one, runs=[run]))

    assert (known.load_known_verdict("key", "mine.py") is not None) == kept


def test_the_store_stays_within_its_bound(course, file, monkeypatch):
    """After one key in sixteen, what was used longest ago goes."""
    one = graded(course, file)
    monkeypatch.setenv("GRADE_CACHE_LIMIT", "1")
    known.store_verdict("1f", one)
    known.store_verdict("2f", one)

    assert {known.load_known_verdict(key, "mine.py") is not None for key in ("1f", "2f")} == {True}
    known.store_verdict("0f", one)
    assert {known.load_known_verdict(key, "mine.py") for key in ("0f", "1f", "2f")} == {None}


@pytest.mark.parametrize("change", [{"status": "error"}, {"end": "timed_out"}, {"end": "out_of_memory"}])
def test_what_may_go_otherwise_another_time_is_not_kept(course, file, change):
    """A fault of the machine or a limit passed on a busy one is no verdict for good."""
    one = graded(course, file)
    known.store_verdict("key", structs.replace(one, verdict=structs.replace(one.verdict, **change)))
    known.store_verdict("other", one)

    assert known.load_known_verdict("key", "mine.py") is None
    assert known.load_known_verdict("other", "mine.py") is not None


@pytest.mark.parametrize(("end", "kept"), [("timed_out", True), ("out_of_memory", False)])
def test_a_class_keeps_what_ran_out_of_time(course, file, end, kept):
    """Else each resumption of a batch waits for the same endless loops again; one student's next try is a new one."""
    one = graded(course, file)
    known.store_verdict("key", structs.replace(one, verdict=structs.replace(one.verdict, end=end)))

    assert (known.load_known_verdict("key", "mine.py", timed_out=True) is not None) == kept


