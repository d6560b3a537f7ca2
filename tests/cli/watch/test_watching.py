"""`grade watch` as its pieces: when a save is seen, which keys work, which processes are lent."""

import io
import os
import pty
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from grader.cli.list_ import load_readable_exercises
from grader.cli.meaning import guess_exercise
from grader.cli.watch import find_watched_files, pages
from grader.cli.watch.keyboard import Keyboard
from grader.cli.watch.saves import SaveWatcher
from grader.cli.watch.session import WatchSession
from grader.cli.watch.warm import WarmProcesses
from grader.courses import course as courses
from grader.courses.course import Course
from grader.engines import confine, pair
from grader.engines.trainer import TrainerSpec
from grader.errors import GraderError, UsageError
from grader.grading import GradingOptions
from grader.records.verdict import CheckResult, SubmissionRef, Verdict
from grader.reports.screen import Screen

ROOT = Path(__file__).resolve().parents[3]

# ---- saves ----


def test_a_save_is_seen_once(tmp_path):
    """Writing the file is one save; looking again without one is none."""
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    saves = SaveWatcher(path)
    before = saves.has_changed()
    path.write_text("x = 12")

    assert (before, saves.has_changed(), saves.has_changed()) == (False, True, False)


def test_a_file_that_is_replaced_is_saved(tmp_path):
    """Editors that write beside the file and rename are seen, and so is a file that appears only now."""
    path = tmp_path / "a.py"
    saves = SaveWatcher(path)
    path.write_text("x = 1")
    appeared = saves.has_changed()
    (tmp_path / "b").write_text("x = 1")
    os.utime(tmp_path / "b", ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    (tmp_path / "b").replace(path)

    assert (appeared, saves.has_changed()) == (True, True)


def test_a_removed_file_is_no_save(tmp_path):
    """While the file is away nothing is to be read; when it comes back, that is a save."""
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    saves = SaveWatcher(path)
    path.unlink()
    removed = saves.has_changed()
    path.write_text("x = 1")

    assert (removed, saves.has_changed()) == (False, True)


def test_a_half_written_file_is_waited_for(tmp_path):
    """An editor that empties the file and then writes it is asked about when it is done."""
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    saves = SaveWatcher(path)
    path.write_text("")
    later = threading.Timer(0.03, path.write_text, ["x = 2"])
    later.start()

    assert saves.has_changed()
    assert path.read_text() == "x = 2"
    later.join()


# ---- keys ----


@pytest.fixture
def terminal():
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stream:
        yield ours, stream
    os.close(ours)


def test_keys_come_without_enter(terminal):
    """A letter is read at once, in lower case; an arrow means nothing."""
    ours, stream = terminal
    with Keyboard(stream) as keyboard:
        os.write(ours, b"T")
        first = keyboard.read_key(1.0)
        os.write(ours, b"\x1b[A")
        second = keyboard.read_key(1.0)
        third = keyboard.read_key()

    assert (first, second, third) == ("t", "", None)


def test_the_terminal_is_put_back(terminal):
    """After the block lines are edited and echoed as before, and the handler of SIGCONT is the old one."""
    ours, stream = terminal
    termios = pytest.importorskip("termios")
    before, handler = termios.tcgetattr(ours), signal.getsignal(signal.SIGCONT)
    with Keyboard(stream):
        during = termios.tcgetattr(ours)
        os.kill(os.getpid(), signal.SIGCONT)

    assert during != before
    assert termios.tcgetattr(ours) == before
    assert signal.getsignal(signal.SIGCONT) == handler


def test_without_a_terminal_there_are_no_keys(tmp_path):
    """A pipe or a file gives none, and waiting takes the time that it should."""
    (tmp_path / "in").write_text("tq")
    with (tmp_path / "in").open() as stream, Keyboard(stream) as keyboard:
        began = time.monotonic()
        assert keyboard.read_key(0.1) is None
    assert time.monotonic() - began >= 0.1


# ---- warm processes ----


@dataclass
class Side:
    sock: object
    running: bool = True
    killed: int = 0
    asked_to_end: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.may_end.set()

    def is_alive(self):
        return self.running

    def begin_ending(self):
        self.asked_to_end.set()

    def kill(self):
        assert self.may_end.wait(10)
        self.killed += 1


@dataclass
class Starts:
    """Starts pairs of doubles on real sockets, which speak when they are told to."""

    asked: list = field(default_factory=list)
    pairs: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    fails: bool = False

    def __call__(self, request):
        if self.fails:
            raise GraderError("the sandbox did not start")
        (one, far), (two, away) = socket.socketpair(), socket.socketpair()
        self.asked.append(request)
        self.ends.append((far, away))
        self.pairs.append(pair.ProcessPair(Side(one), Side(two)))
        return self.pairs[-1]

    def close(self):
        for made, ends in zip(self.pairs, self.ends, strict=True):
            for sock in (made.student.sock, made.trainer.sock, *ends):
                sock.close()


@pytest.fixture
def starts():
    made = Starts()
    yield made
    made.close()


REQUEST = pair.PairRequest(policy=confine.SandboxPolicy(memory=1, output=1), files={"a.py": b"x"})
THREADED = pair.PairRequest(policy=REQUEST.policy, files={"a.py": b"y"}, trainer=TrainerSpec(one_thread=True))


def lent_by(warm, request=REQUEST):
    return warm(request).student


def test_the_pair_that_waits_is_lent(starts):
    """It is started without the file, lent once, and then another is started."""
    warm = WarmProcesses(starts, starts)
    warm.prepare(REQUEST)
    warm.prepare(REQUEST)

    assert lent_by(warm) is starts.pairs[0].student
    assert lent_by(warm) is starts.pairs[1].student
    assert [request.files for request in starts.asked] == [{}, {"a.py": b"x"}]


def test_a_pair_waits_longer_for_a_save_than_a_save_for_it(starts):
    """What is needed at once is started as ever; what waits for the next save does more before it."""
    early = Starts()
    warm = WarmProcesses(starts, early)
    warm.prepare(REQUEST, early=False)
    warm(REQUEST)
    warm.prepare()
    warm(REQUEST)
    warm(REQUEST)
    early.close()

    assert (len(starts.pairs), len(early.pairs)) == (2, 1)


def test_a_pair_is_ready_when_both_have_spoken(starts):
    """One that still imports is waited for; none at all is nothing to wait for."""
    warm = WarmProcesses(starts, starts)
    nothing = warm.is_ready()
    warm.prepare(REQUEST)
    seen = [warm.is_ready()]
    for end in starts.ends[0]:
        end.send(b"x")
        seen.append(warm.is_ready())

    assert (nothing, seen) == (True, [False, False, True])


def test_a_training_never_gets_a_trainer_with_other_threads(starts):
    """What is only tried takes any pair; what is trained takes the right one, and the wrong one is ended."""
    warm = WarmProcesses(starts, starts)
    warm.prepare(REQUEST)
    warm.prepare(THREADED)
    tried = warm.start_untrained(THREADED)
    warm.prepare(REQUEST)
    warm.prepare(THREADED)
    trained = warm(THREADED)

    assert tried.student is starts.pairs[0].student
    assert trained.student is starts.pairs[2].student
    assert [made.student.killed for made in starts.pairs] == [0, 1, 0]
    assert [request.trainer.one_thread for request in starts.asked] == [False, False, True]


def test_after_a_trial_the_next_pair_has_the_file_s_threads(starts):
    """The pair that waits for the training is started for the file as it is now."""
    warm = WarmProcesses(starts, starts)
    warm.prepare(REQUEST)
    warm.prepare(THREADED)
    warm.start_untrained(THREADED)
    warm.prepare()

    assert lent_by(warm, THREADED) is starts.pairs[1].student
    assert starts.asked[1].trainer.one_thread


def test_a_pair_that_has_died_is_not_lent(starts):
    """Its place is taken by a fresh one."""
    warm = WarmProcesses(starts, starts)
    warm.prepare(REQUEST)
    starts.pairs[0].student.running = False

    assert lent_by(warm) is starts.pairs[1].student
    assert starts.pairs[0].student.killed == 1


def test_a_machine_that_cannot_start_one_says_so_when_it_is_needed(starts):
    """Preparing keeps still; the attempt reports it."""
    warm = WarmProcesses(starts, starts)
    starts.fails = True
    warm.prepare(REQUEST)

    with pytest.raises(GraderError, match="the sandbox did not start"):
        warm(REQUEST)


def test_closing_ends_what_waits(starts):
    """Nothing waits afterwards, and nothing is started anew."""
    warm = WarmProcesses(starts, starts)
    warm.prepare(REQUEST)
    warm.close()
    warm.prepare()
    warm.close()

    assert [made.student.killed for made in starts.pairs] == [1]


def test_nobody_waits_for_the_end_of_a_pair_but_the_next_one(starts):
    """An attempt has its answer before its processes have ended; no others are started until they have."""
    warm = WarmProcesses(starts, starts)
    lent = warm(REQUEST)
    lent.student.may_end.clear()
    lent.kill()
    lent.kill()
    assert lent.student.asked_to_end.wait(10)
    before = (lent.student.killed, len(starts.pairs))
    threading.Timer(0.1, lent.student.may_end.set).start()
    warm.prepare()

    assert (before, lent.student.killed, len(starts.pairs)) == ((0, 1), 1, 2)


def test_closing_waits_for_what_was_lent(starts):
    """No process is left behind where the answer came before its end."""
    warm = WarmProcesses(starts, starts)
    lent = warm(REQUEST)
    lent.student.may_end.clear()
    lent.kill()
    threading.Timer(0.1, lent.student.may_end.set).start()
    warm.close()

    assert (lent.student.killed, lent.trainer.killed) == (1, 1)


# ---- pages ----

SUBJECT = pages.WatchedFile(exercise="exercise1", title="A dense network", file="a.py", at="12:00:00")


def check(id_, status, message, points=10.0):
    return CheckResult(
        id=id_, title=f"Check {id_}", status=status, points=points if status == "passed" else 0.0, max_points=points,
        basis="declared", message=message,
    )  # fmt: skip


def verdict_of(*checks, end="completed", message=""):
    return Verdict(
        exercise="exercise1", submission=SubmissionRef(path="a.py", sha256=""), status="failed", score=0.0, max_score=30.0,
        end=end, end_message=message, checks=list(checks),
    )  # fmt: skip


def test_what_waits_for_the_training_is_counted():
    """Before the training, what is known is shown, and the rest is counted with its points."""
    verdict = verdict_of(check("a", "passed", "ok"), check("b", "skipped", pages.UNTRAINED_REASON), check("c", "skipped", pages.UNTRAINED_REASON))

    text = pages.render_untrained_page(SUBJECT, verdict, Screen(width=80))

    assert pages.is_ready_to_train(verdict)
    assert "✓ Check a" in text
    assert "Check b" not in text
    assert "2 checks (20 points) can only be judged by training. All good so far." in text


def test_what_is_wrong_before_the_training_is_told():
    """A failed check is shown with its reason, and counted."""
    verdict = verdict_of(check("a", "failed", "the callback never stops"), check("b", "skipped", pages.UNTRAINED_REASON))

    text = pages.render_untrained_page(SUBJECT, verdict, Screen(width=40))

    assert "the callback never stops" in " ".join(text.split())
    assert "1 check above failed." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 40


def test_a_file_that_cannot_be_run_gets_its_reason_alone():
    """The checks that all wait for the same reason aren't listed."""
    verdict = verdict_of(check("a", "skipped", "not judged"), end="not_started", message="line 3: a bracket is missing\x1b[2J")

    text = pages.render_verdict_page(SUBJECT, verdict, Screen(width=80), {"r": "run again"})

    assert "line 3: a bracket is missing\\x1b[2J" in text
    assert "Check a" not in text


def test_a_small_window_shows_what_is_to_be_mended():
    """Of a page that is longer than the window only the end would be seen."""
    met = [check(f"met{number}", "passed", "") for number in range(20)]
    verdict = verdict_of(check("a", "failed", "the callback never stops"), *met)

    def count_checks(of, height):
        page = pages.render_verdict_page(SUBJECT, of, Screen(width=80, height=height), {"r": "run again"})
        assert "the callback never stops" in page
        return page.count("Check met"), "window is too small" in page

    assert (count_checks(verdict, 60), count_checks(verdict, None)) == ((20, False), (20, False))
    assert count_checks(verdict, 24) == (0, True)


def test_a_pass_stays_whole_in_a_small_window():
    """Nothing is to be mended, so nothing comes first."""
    verdict = msgspec.structs.replace(verdict_of(*(check(f"met{number}", "passed", "") for number in range(20))), status="passed")

    page = pages.render_verdict_page(SUBJECT, verdict, Screen(width=80, height=10), {"n": "next exercise"})

    assert page.count("Check met") == 20


def test_the_keys_fit_a_narrow_terminal():
    """In 40 columns the keys stand on one line or wrap between keys."""
    text = pages.render_footer({"t": "train", "h": "hint", "l": "list", "q": "quit"}, Screen(width=40))

    assert text == "\nt train  h hint  l list  q quit"


# ---- which exercise ----


STUB = "def {}():\n    pass\n"


def test_the_exercise_is_guessed_from_the_name_or_the_function(tmp_path):
    """A file called like an exercise is for it; else the graded function tells, where only one exercise has it."""
    named, other = tmp_path / "exercise2.py", tmp_path / "mine.py"
    named.write_text("x = 1")
    specs, _ = load_readable_exercises(courses.find_course())
    functions = [spec.function for spec in specs if spec.function]
    only = next(spec for spec in specs if functions.count(spec.function) == 1)
    other.write_text(STUB.format(only.function))

    assert guess_exercise(courses.find_course(), named, "").id == "exercise2"
    assert guess_exercise(courses.find_course(), other, "").id == only.id


@pytest.mark.parametrize(
    ("text", "among"), [("x = 1", "`grade list`"), (STUB.format("train_mnist_conv"), "exercise3, mnist_two_conv")]
)
def test_a_file_that_may_be_for_several_exercises_is_asked_about(tmp_path, text, among):
    """The message shows how to name the exercise, and which ones fit."""
    path = tmp_path / "mine.py"
    path.write_text(text)

    with pytest.raises(UsageError) as told:
        guess_exercise(courses.find_course(), path, "grade watch mine.py EXERCISE")
    assert "grade watch mine.py EXERCISE" in str(told.value)
    assert among in str(told.value)


def test_a_deleted_file_is_reported_once_and_its_return_is_a_save(tmp_path, monkeypatch):
    """Only after a second: editors that save by renaming leave it missing for a moment."""
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    saves = SaveWatcher(path)
    before = saves.has_gone()
    monkeypatch.setattr("grader.cli.watch.saves.MIN_GONE_S", 60.0)
    path.unlink()
    assert (before, saves.has_changed(), saves.has_gone()) == (False, False, False)
    monkeypatch.setattr("grader.cli.watch.saves.MIN_GONE_S", 0.0)
    assert [saves.has_gone(), saves.has_gone()] == [True, False]
    path.write_text("x = 1")
    assert (saves.has_changed(), saves.has_gone()) == (True, False)
    monkeypatch.setattr("grader.cli.watch.saves.MIN_GONE_S", 60.0)
    path.unlink()
    assert (saves.has_changed(), saves.has_gone()) == (False, False)
    monkeypatch.setattr("grader.cli.watch.saves.MIN_GONE_S", 0.0)
    assert saves.has_gone()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("exercise1.py",), {"exercise1.py": "exercise1"}),
        (("exercise1.py", "exercise2"), {"exercise1.py": "exercise2"}),
        (("exercise1.py", "exercise2.py"), {"exercise1.py": "exercise1", "exercise2.py": "exercise2"}),
        (("exercise1.py", "exercise1.py"), {"exercise1.py": "exercise1"}),
    ],
)
def test_several_files_are_watched_each_for_its_exercise(tmp_path, monkeypatch, names, expected):
    """A last word that is an exercise is for the one file before it."""
    monkeypatch.chdir(tmp_path)
    for name in ("exercise1.py", "exercise2.py"):
        (tmp_path / name).write_text("x = 1")

    found = find_watched_files(Course(root=ROOT), names)

    assert {str(path): exercise.id for exercise, path in found} == expected


def test_one_exercise_for_several_files_is_asked_about(tmp_path, monkeypatch):
    """It can't be meant for all."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1")

    with pytest.raises(UsageError):
        find_watched_files(Course(root=ROOT), ("a.py", "b.py", "exercise1"))


@pytest.mark.parametrize(
    ("status", "keys", "words"),
    [
        ("passed", {"n": "next exercise"}, "press n"),
        ("passed", {"r": "run again"}, "Well done"),
        ("failed", {"r": "run again"}, "Press h for a hint"),
        ("error", {"r": "run again"}, "press r"),
    ],
)
def test_the_page_names_keys_and_no_commands(status, keys, words):
    """Whoever watches would have to leave the session to type one."""
    verdict = msgspec.structs.replace(verdict_of(check("a", "passed", "")), status=status)
    page = pages.render_verdict_page(SUBJECT, verdict, Screen(width=80), keys)

    assert words in page
    assert "`grade" not in page


class ScriptedKeyboard(Keyboard):
    """Does one thing after the other whenever a key is asked for."""

    def __init__(self, *actions):
        super().__init__(io.StringIO())
        self.actions = iter(actions)

    def read_key(self, wait_s=0.0):
        return next(self.actions)()


def test_the_file_that_was_saved_last_is_the_one_shown(tmp_path, monkeypatch):
    """Two files that can't be run: each save brings the page of its own file."""
    monkeypatch.chdir(tmp_path)
    for name in ("exercise1.py", "exercise2.py"):
        (tmp_path / name).write_text("x = (")
    files, out = find_watched_files(Course(root=ROOT), ("exercise1.py", "exercise2.py")), io.StringIO()

    def save_second():
        (tmp_path / "exercise2.py").write_text("x = (1,")

    session = WatchSession(Course(root=ROOT), files, GradingOptions(), ScriptedKeyboard(save_second, lambda: "q"), out)
    monkeypatch.setattr(session.warm, "prepare", lambda *_, **__: None)
    session.run()
    pages_shown = out.getvalue().split("can't be run yet")

    assert session.exercise.id == "exercise2"
    assert ["exercise1.py" in pages_shown[0], "exercise2.py" in pages_shown[1]] == [True, True]
