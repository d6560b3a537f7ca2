import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from gradebook_samples import EXERCISE, Sample, graded, run, verdict
from msgspec import structs

from grader.errors import GraderError, UsageError
from grader.gradebook import Gradebook, build_entry
from grader.gradebook.database import _explain_message
from grader.records.verdict import TrainingRecord
from grader.reports import json_


def figures(book, **fields):
    return [(one.exercise, one.student, one.score, one.status) for one in book.list_figures(**fields)]


def test_a_verdict_comes_back_whole(book):
    """The JSON is the contract's, byte for byte; the runs and the file are as they were given."""
    training = TrainingRecord(epochs=[{"epoch": 0.0, "loss": math.nan}], stopped_by="epochs", examples=1, seed=7)
    given = Sample(verdict=structs.replace(verdict(), training=[training], stdout="\ud800"), runs=[run()])
    book.record_verdict(EXERCISE, "ada", given, name="Ada L.", source=b"x = 1\n")
    (found,) = book.list_figures()
    ((key, documents),) = book.iter_documents([found.key])

    assert key == found.key
    assert documents.verdict == json_.render([given.verdict]).encode()
    assert documents.read_verdict().checks == given.verdict.checks
    assert documents.read_runs() == [run()]
    assert documents.source == b"x = 1\n"
    assert (found.student, found.score, found.max_score, found.graded_at) == ("ada", 100.0, 100.0, given.at)
    assert book.list_students() == {"ada": "Ada L."}


def test_the_same_verdict_twice_is_one(book):
    """A batch that is run again adds nothing."""
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(EXERCISE, "ada", graded(points=(0.0, 0.0)))

    assert figures(book) == [("exercise1", "ada", 100.0, "passed")]


def test_a_fault_of_ours_gives_way(book):
    """Another try may do better; what was graded stays."""
    book.record_verdict(EXERCISE, "ada", graded(points=(0.0, 0.0), status="error"))
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(EXERCISE, "ada", graded(points=(0.0, 0.0), status="error"))

    assert figures(book) == [("exercise1", "ada", 100.0, "passed")]


def test_a_fresh_verdict_takes_the_place_when_asked(book):
    """`replace` is for a file that was graded anew; its documents go with it."""
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(EXERCISE, "ada", graded(points=(60.0, 0.0)), replace=True)
    (found,) = book.list_figures()

    assert found.score == 60.0
    assert next(book.iter_documents([found.key]))[1].read_verdict().score == 60.0


def test_another_file_is_another_attempt(book):
    """Attempts of a student are told apart by their bytes."""
    book.record_verdict(EXERCISE, "ada", graded(sha256="a" * 64))
    book.record_verdict(EXERCISE, "ada", graded(points=(0.0, 0.0), sha256="b" * 64))

    assert figures(book) == [("exercise1", "ada", 100.0, "passed"), ("exercise1", "ada", 0.0, "failed")]


def test_another_specification_supersedes_and_keeps_the_old(book):
    """The last one that was recorded counts, also when the specification goes back to what it was."""
    changed = structs.replace(EXERCISE, checks=EXERCISE.checks[:1])
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(changed, "ada", graded(points=(60.0, 0.0)))
    assert figures(book) == [("exercise1", "ada", 60.0, "failed")]

    book.record_verdict(EXERCISE, "ada", graded())
    assert figures(book) == [("exercise1", "ada", 100.0, "passed")]
    assert len(book.list_figures(current=False)) == 2


def test_when_it_came_is_kept_in_utc_and_may_be_told_later(book):
    """A batch over a plain folder first, and over the LMS's archive afterwards."""
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(EXERCISE, "ada", graded(), times={"archive": datetime(2026, 10, 1, 12, 0, tzinfo=UTC)}, late=True)
    (found,) = book.list_figures()

    assert (found.submitted_at, found.late) == ("2026-10-01T12:00:00+00:00", True)


def test_verdicts_of_one_exercise(book):
    """The others are left out."""
    book.record_verdict(EXERCISE, "ada", graded())
    book.record_verdict(structs.replace(EXERCISE, id="exercise2"), "ada", graded())

    assert [one.exercise for one in book.list_figures("exercise2")] == ["exercise2"]


def test_names_are_made_harmless(book):
    """PostgreSQL takes no NUL, a terminal no escape sequence; enrolled and recorded they are the same student."""
    book.record_verdict(EXERCISE, "ada\x00\x1b[2J", graded(), name="Ada\ud800")
    book.add_students({"bob": "Bob", "ada\x00\x1b[2J": ""})

    assert book.list_students() == {"ada[2J": "Ada", "bob": "Bob"}
    assert [one.student for one in book.list_figures()] == ["ada[2J"]


def test_what_cannot_be_stored_of_a_run_is_left_out(book):
    """A value beyond MessagePack's numbers: the verdict is recorded all the same."""
    book.record_verdict(EXERCISE, "ada", graded(runs=[structs.replace(run(), returned=2**70)]))
    (found,) = book.list_figures()

    assert next(book.iter_documents([found.key]))[1].read_runs() is None


def test_runs_of_another_version_are_none(book):
    """They can't be judged again."""
    made = build_entry(EXERCISE, "ada", graded())
    odd = structs.replace(made, documents=structs.replace(made.documents, runs=b"\x91\x01"))
    book.write_entries([odd])

    assert next(book.iter_documents([made.figures.key]))[1].read_runs() is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("grades.db", '--gradebook: "grades.db" is not a database URL; for a file write sqlite:///grades.db'),
        ("sqlite//x://", "is not a database URL; write sqlite:///gradebook.db or postgresql://"),
        ("mysql://root@host/db", "--gradebook: mysql is not supported; write sqlite:///gradebook.db or postgresql://"),
        ("sqlite://", "a gradebook in memory would be lost; name a file: sqlite:///gradebook.db"),
        ("sqlite:////no-such-folder/at/all.db", "there is no folder /no-such-folder/at; make it with: mkdir -p /no-such-folder/at"),
        ("sqlite:////tmp", "is a folder; name a file in it, such as sqlite:////tmp/gradebook.db"),
    ],
)
def test_a_url_that_leads_nowhere_is_explained(url, said):
    """What was given, and what to write instead."""
    with pytest.raises(UsageError) as caught:
        Gradebook.open(url)
    assert said in str(caught.value)


def test_a_server_that_is_not_there_is_the_machines_fault():
    """And the password isn't shown."""
    with pytest.raises(GraderError) as caught:
        Gradebook.open("postgresql://ada:secret@127.0.0.1:1/grades")
    assert "postgresql://ada:***@127.0.0.1:1/grades: the database failed: " in str(caught.value)


def test_reading_needs_a_gradebook(url, tmp_path):
    """A report doesn't make an empty one."""
    with pytest.raises(UsageError, match="there is no gradebook; `grade batch` makes one"):
        Gradebook.open(url, must_exist=True)
    sqlite3.connect(tmp_path / "gradebook.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(UsageError, match="holds no gradebook; `grade batch` makes one"):
        Gradebook.open(url, must_exist=True)


def test_a_file_of_something_else_is_refused(url, tmp_path):
    """It is neither read nor overwritten."""
    (tmp_path / "gradebook.db").write_bytes(b"student,score\nada,100\n" * 200)
    with pytest.raises(UsageError, match=r"is not a gradebook, or a damaged one \(file is not a database\); restore it"):
        Gradebook.open(url)
    assert (tmp_path / "gradebook.db").read_bytes().startswith(b"student,score")


def test_a_damaged_gradebook_is_told(url, tmp_path):
    """Pages overwritten in the middle of the file."""
    book = Gradebook.open(url)
    for number in range(60):
        book.record_verdict(EXERCISE, f"s{number}", graded())
    data = bytearray((tmp_path / "gradebook.db").read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    (tmp_path / "gradebook.db").write_bytes(bytes(data))

    with pytest.raises(UsageError, match="is not a gradebook, or a damaged one"):
        book.list_figures()


def test_a_gradebook_of_another_schema_is_left_alone(url, book, tmp_path):
    """A newer grade wrote it."""
    with sqlite3.connect(tmp_path / "gradebook.db") as connection:
        connection.execute("UPDATE grade_meta SET value = '2'")
    connection.close()

    with pytest.raises(UsageError, match=r"another version of grade \(schema 2; this one knows 1\); install that version"):
        Gradebook.open(url)


def test_a_gradebook_that_may_only_be_read_is_read(url, book, tmp_path):
    """A report works; a batch is told before it starts to lose anything."""
    book.record_verdict(EXERCISE, "ada", graded())
    readonly = Gradebook.open(f"sqlite:///file:{tmp_path / 'gradebook.db'}?mode=ro&uri=true")

    assert figures(readonly) == [("exercise1", "ada", 100.0, "passed")]
    with pytest.raises(UsageError, match="can only be read; make it writable, or name another with --gradebook"):
        readonly.record_verdict(EXERCISE, "bob", graded())


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("unable to open database file", UsageError, "can't be opened; check the path and its permissions"),
        ("database is locked", GraderError, "another process has held it for 60 s; try again"),
        ("database or disk is full", GraderError, "the disk is full; make room and run the same command again"),
    ],
)
def test_what_a_database_says_becomes_what_to_do(said, kind, told):
    """SQLite's own words, which a test can't all bring about."""
    reason = _explain_message("sqlite:///x.db", said)

    assert isinstance(reason, kind)
    assert told in str(reason)


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from gradebook_samples import EXERCISE, graded
from grader.gradebook import Gradebook
book = Gradebook.open(sys.argv[2])
for number in range(int(sys.argv[4])):
    book.record_verdict(EXERCISE, f"{sys.argv[3]}-{number:03}", graded(), source=b"x" * 20000)
    print(number, flush=True)
"""


def writer(url, who, count):
    here = os.path.dirname(__file__)
    return subprocess.Popen([sys.executable, "-c", WRITER, here, url, who, str(count)], stdout=subprocess.PIPE, text=True)


@pytest.mark.train
def test_several_processes_write_at_once_and_one_is_killed(url):
    """What was acknowledged is there, whole; a half-written verdict is not; the others go on."""
    killed, *others = [writer(url, who, count) for who, count in (("k", 500), ("a", 15), ("b", 15))]
    acknowledged = [killed.stdout.readline() for _ in range(5)]
    time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    acknowledged += killed.stdout.readlines()
    assert [process.wait() for process in others] == [0, 0]
    killed.wait()
    for process in (killed, *others):
        process.stdout.close()
    book = Gradebook.open(url)
    found = {one.student: one.key for one in book.list_figures()}

    assert {f"{who}-{number:03}" for who in "ab" for number in range(15)} <= found.keys()
    assert {f"k-{int(number):03}" for number in acknowledged if number.strip()} <= found.keys()
    assert {key for key, documents in book.iter_documents(list(found.values())) if documents.read_verdict()} == set(found.values())


def test_a_file_that_is_judged_again_keeps_its_place_among_the_attempts(book):
    """Which attempt is the first or the last doesn't change when points do, nor when a file is graded anew."""
    changed = structs.replace(EXERCISE, checks=EXERCISE.checks[:1])
    first, second = graded(points=(60.0, 0.0), sha256="b" * 64), graded(sha256="a" * 64)
    book.record_verdict(EXERCISE, "ada", first)
    book.record_verdict(EXERCISE, "ada", second)
    book.record_verdict(changed, "ada", first)
    assert [one.sha256[0] for one in book.list_figures()] == ["b", "a"]

    book.record_verdict(EXERCISE, "ada", first, replace=True)
    assert [one.sha256[0] for one in book.list_figures()] == ["b", "a"]


def test_attempts_of_the_same_time_stand_as_they_were_recorded(book):
    """Two archives under one roster, which knows one time for both."""
    at = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
    for letter in "zyxwv":
        book.record_verdict(EXERCISE, "ada", graded(sha256=letter * 64), times={"archive": at})

    assert [one.sha256[0] for one in book.list_figures()] == list("zyxwv")


def test_verdicts_come_by_exercise_student_and_the_time_of_the_file(book):
    """Whatever the order of writing; a time of handing in comes before that of recording."""
    other = structs.replace(EXERCISE, id="exercise0")
    early, late = (datetime(2026, 10, day, 12, 0, tzinfo=UTC) for day in (1, 2))
    book.record_verdict(EXERCISE, "bob", graded())
    book.record_verdict(EXERCISE, "ada", graded(sha256="a" * 64), times={"archive": late})
    book.record_verdict(EXERCISE, "ada", graded(sha256="b" * 64), times={"archive": early})
    book.record_verdict(EXERCISE, "Zoe", graded())
    book.record_verdict(other, "carl", graded())

    found = [(one.exercise, one.student, one.sha256[0]) for one in book.list_figures()]
    assert [who for _, who, _ in found] == ["carl", "Zoe", "ada", "ada", "bob"]
    assert [sha for _, who, sha in found if who == "ada"] == ["b", "a"]
