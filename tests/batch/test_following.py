"""What arrives in a folder: once, whole, in order, and none of it twice after a kill."""

import contextlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from msgspec import structs

from grader import cli, submission
from grader.batch import sources
from grader.batch.following import Follower, follow
from grader.batch.loop import Batch
from grader.checks import loading
from grader.cli.batch import follow as batch_follow
from grader.cli.batch.follow import Place, grade_arrivals
from grader.courses.course import Course
from grader.errors import Exit, UsageError
from grader.gradebook import Gradebook
from grader.grading import GradedSubmission, GradingOptions
from grader.records.verdict import SubmissionRef, Verdict

pytestmark = pytest.mark.train

COURSE = Course(root=Path(__file__).resolve().parents[2])
POOLING = loading.load_exercise(COURSE, "pooling")
PY = b"def max_pool(image):\n    return image\n"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def put(path, data=PY, at=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if at is not None:
        os.utime(path, (at, at))


def names(ready):
    return [path.name for path in ready]


def test_an_arrival_is_handed_on_once_when_it_is_whole(tmp_path):
    """After it has stayed as it is; again only when it has changed; the earliest first."""
    clock = Clock()
    follower = Follower(tmp_path, 2, clock)
    put(tmp_path / "bo.py", at=200)
    put(tmp_path / "ada.py", at=300)
    put(tmp_path / "cy" / "x.py", at=100)
    assert follower.poll() == []
    clock.now = 1
    put(tmp_path / "ada.py", PY + b"#", at=301)
    assert follower.poll() == []
    clock.now = 2
    assert names(follower.poll()) == ["cy", "bo.py"]
    assert follower.is_waiting()
    clock.now = 3
    assert names(follower.poll()) == ["ada.py"]
    clock.now = 30
    assert follower.poll() == []
    put(tmp_path / "cy" / "x.py", PY + b"##", at=400)
    assert follower.poll() == []
    clock.now = 32
    assert names(follower.poll()) == ["cy"]


def test_what_is_not_whole_or_not_to_be_graded_waits(tmp_path):
    """Empty files, downloads, hidden ones, links, and what disappears again."""
    clock = Clock()
    follower = Follower(tmp_path, 2, clock)
    for name in ("empty.py", "notes.txt", ".hidden.py", "~lock.py", "x.py.part"):
        put(tmp_path / name, b"" if name == "empty.py" else PY)
    put(tmp_path / "dee" / "x.py")
    put(tmp_path / "dee" / "y.zip.crdownload")
    put(tmp_path / "gone.py")
    follower.poll()
    assert follower.is_waiting()
    (tmp_path / "gone.py").unlink()
    clock.now = 5
    assert follower.poll() == []
    assert not follower.is_waiting()
    (tmp_path / "dee" / "y.zip.crdownload").unlink()
    follower.poll()
    clock.now = 8
    assert names(follower.poll()) == ["dee"]


def test_following_ends_when_nothing_comes(tmp_path):
    """But not while something is still coming in."""
    clock = Clock()
    put(tmp_path / "ada.py")

    def pause(seconds):
        clock.now += seconds

    assert [names(ready) for ready in follow(Follower(tmp_path, 3, clock), 5, pause)] == [["ada.py"]]
    assert clock.now == 8
    with pytest.raises(UsageError, match="--follow needs a folder"):
        Follower(tmp_path / "ada.py", 1)


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


ARRIVALS = {
    "ada.py": (PY, {"ada": ["ada.py"]}),
    "bo.zip": (packed({"main.py": PY, "more/pooling.py": PY}), {"bo": ["main.py", "more/pooling.py"]}),
    "lovelaceada_1001_10001_x.py": (PY, {"1001": ["x.py"]}),
    "canvas.zip": (packed({"youngcy_1003_10003_x.py": PY, "ngdee_1004_10004_y.py": PY}), {"1003": ["x.py"], "1004": ["y.py"]}),
}


@pytest.mark.parametrize("name", ARRIVALS)
def test_whose_an_arrival_is(tmp_path, name):
    """A student's file or archive, or a host's; read from a copy."""
    data, expected = ARRIVALS[name]
    put(tmp_path / name, data)
    put(tmp_path / "other.py")
    with sources.read_arrival(tmp_path / name) as found:
        assert {each.student: list(each.own) for each in found} == expected
        assert all(tmp_path not in path.parents for each in found for path in each.files)
        unpacked = found.unpacked
    assert not unpacked.exists()


class Grader:
    """A stand-in that gives full marks, or ends as a killed process would."""

    def __init__(self, dies_at=None):
        self.graded, self.dies_at = [], dies_at

    def __call__(self, course, exercise, path, options):
        if len(self.graded) == self.dies_at:
            raise KeyboardInterrupt
        source = submission.read_submission(path)
        self.graded.append(path.read_bytes())
        verdict = Verdict(
            exercise=exercise.id, title=exercise.title, submission=SubmissionRef(path=source.path, sha256=source.sha256),
            status="passed", score=100.0, max_score=100.0, end="completed", checks=[],
        )  # fmt: skip
        return GradedSubmission(verdict=verdict, runs=[], at="2026-10-01T10:00:00+00:00")


def arrive(folder, book, grader, monkeypatch):
    """A run of the command over what lies there, without waiting."""
    monkeypatch.setattr(batch_follow, "SETTLE_S", 0.0)
    place = Place(folder=folder, roster=None, naming=None, idle_s=0.0)
    return grade_arrivals(place, [POOLING], book, Batch(COURSE, GradingOptions(), 1, grade=grader))


def test_a_kill_loses_nothing_and_nothing_is_graded_twice(tmp_path, monkeypatch, capsys):
    """What the gradebook has is passed over in silence; what can't be read is left with a line, and stays."""
    inbox = tmp_path / "inbox"
    put(inbox / "ada.py", PY, at=100)
    put(inbox / "bo.py", PY + b"#", at=200)
    put(inbox / "cy.zip", b"PK\x03\x04 broken", at=300)
    put(inbox / "pooling.py", PY, at=400)
    url = f"sqlite:///{tmp_path / 'g.db'}"
    first, second = Grader(dies_at=1), Grader()
    with contextlib.closing(Gradebook.open(url)) as book, contextlib.suppress(KeyboardInterrupt):
        arrive(inbox, book, first, monkeypatch)
    capsys.readouterr()
    with contextlib.closing(Gradebook.open(url)) as book:
        assert arrive(inbox, book, second, monkeypatch) == Exit.USAGE
        out, err = capsys.readouterr()
        assert [one.student for one in book.list_figures()] == ["ada", "bo"]
        assert arrive(inbox, book, second, monkeypatch) == Exit.USAGE

    assert (first.graded, second.graded) == ([PY], [PY + b"#"])
    assert out == "✓ bo  pooling  100/100\n"
    assert [text.split(": ")[1] for text in err.splitlines()] == ["cy.zip", "pooling.py"]
    assert sorted(path.name for path in inbox.iterdir()) == ["ada.py", "bo.py", "cy.zip", "pooling.py"]


def test_a_changed_file_is_a_further_attempt(tmp_path, monkeypatch):
    """In the order in which they came."""
    url = f"sqlite:///{tmp_path / 'g.db'}"
    with contextlib.closing(Gradebook.open(url)) as book:
        for data in (PY, PY + b"#"):
            put(tmp_path / "inbox" / "ada.py", data)
            arrive(tmp_path / "inbox", book, Grader(), monkeypatch)
        found = book.list_figures()
    assert len({one.sha256 for one in found}) == 2
    assert found == sorted(found, key=lambda one: one.recorded_at)
    assert structs.asdict(found[0])["student"] == "ada"


def test_reports_are_for_afterwards(tmp_path, monkeypatch, capsys):
    """One message, and nothing is started."""
    monkeypatch.setenv("GRADE_COURSE", str(COURSE.root))
    assert cli.run_command_line(["batch", "pooling", str(tmp_path), "--follow", "--html", "x.html"]) == 2
    assert "--follow writes no reports" in capsys.readouterr().err


@pytest.mark.train
def test_an_inbox_is_graded_for_real(tmp_path, monkeypatch, capsys):
    """The command itself, until nothing comes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_COURSE", str(COURSE.root))
    put(tmp_path / "inbox" / "ada.py", (COURSE.root / "solutions" / "pooling" / "solution.py").read_bytes())
    put(tmp_path / "inbox" / "bo.py", PY)

    assert cli.run_command_line(["batch", "pooling", "inbox", "--follow", "--idle", "1s", "-j", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "✓ ada  pooling  100/100"
