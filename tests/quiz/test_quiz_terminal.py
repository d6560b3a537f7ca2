"""The two quizzes taken in a real pseudo-terminal, at 80 and 40 columns, killed, resumed and handed in."""

import json
import re
import signal

import pexpect
import pytest
from quiz_places import PROGRAM

from grader.quiz.screens import count_cells

PROMPT = "\r\n> "
SLOWER = [("week2", 8, 80), ("week2", 8, 40), ("week3", 6, 80)]


@pytest.fixture
def sit(tmp_path, environment):
    """Starts `grade` on a pseudo-terminal of some columns."""
    started = []

    def start(*args, columns=80, **env):
        environment.pop("COLUMNS")
        child = pexpect.spawn(
            PROGRAM[0], [*PROGRAM[1:], *args], cwd=str(tmp_path), env=environment | env, dimensions=(40, columns),
            encoding="utf-8", timeout=20,
        )  # fmt: skip
        environment["COLUMNS"] = "80"
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def screen(child):
    """What is shown up to the next prompt."""
    child.expect_exact(PROMPT)
    return child.before


def finished(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.before


@pytest.mark.parametrize(
    ("quiz_id", "count", "columns"),
    [("week3", 6, 40), *(pytest.param(*case, marks=pytest.mark.train) for case in SLOWER)],
)
def test_a_quiz_from_start_to_end(sit, tmp_path, quiz_id, count, columns):
    """Each question is answered by letter or number; every line fits the width; the answers lie in a file at the end."""
    child = sit("quiz", quiz_id, "--student", "s001", columns=columns)
    seen = ""
    for index in range(count):
        seen += screen(child)
        assert f"Question {index + 1} of {count}" in seen
        child.sendline("b" if index % 2 else "1")
    sheet = screen(child)
    child.sendline("submit")
    rest = finished(child)

    assert f"Review: {count} answered, 0 without" in re.sub(r"\s+", " ", sheet)
    assert max(count_cells(line) for line in (seen + sheet).splitlines()) <= columns
    assert not re.search(r"score|points?:|correct|right|wrong", (seen + sheet), re.IGNORECASE)
    responses = json.loads((tmp_path / f"{quiz_id}-s001-1.json").read_text())
    assert len(responses["answers"]) == count
    assert (f"/ {count} points" in rest, child.exitstatus in (0, 1)) == (True, True)


def test_a_killed_terminal_loses_nothing(sit, tmp_path):
    """After SIGKILL the next start goes on at the next question, in the same order, with the hint still open."""
    child = sit("quiz", "week3", "--student", "s002")
    first = screen(child)
    child.sendline("c")
    second = screen(child)
    child.sendline("h")
    assert "This hint costs 25%" in screen(child)
    child.sendline("yes")
    assert "Hint: What is left of each square" in screen(child)
    child.kill(signal.SIGKILL)
    child.wait()

    again = sit("quiz", "week3", "--student", "s002")
    resumed = screen(again)
    assert "1 of 6 answered" in resumed
    assert "Hint: What is left of each square" in resumed
    assert re.findall(r"[a-d]\) .*", second) == re.findall(r"[a-d]\) .*", resumed)
    again.sendline(":b")
    chosen = re.search(r"c\) (.*)", first)[1].strip()
    assert f"* c) {chosen}" in screen(again)


@pytest.mark.train
def test_quit_saves_and_ctrl_c_too(sit):
    """q ends with 0, Ctrl-C with 130; both say how to go on."""
    child = sit("quiz", "week2", "--student", "s003")
    screen(child)
    child.sendline("a")
    screen(child)
    child.sendline("q")
    assert "Saved. `grade quiz week2` continues where you were." in finished(child)
    assert child.exitstatus == 0

    child = sit("quiz", "week2", "--student", "s003")
    assert "1 of 8 answered" in screen(child)
    child.sendintr()
    assert "Saved." in finished(child)
    assert child.exitstatus == 130


@pytest.mark.train
def test_a_second_terminal_is_refused_while_the_first_is_open(sit):
    """Two terminals would overwrite each other's answers."""
    screen(sit("quiz", "week3", "--student", "s004"))
    second = sit("quiz", "week3", "--student", "s004")

    assert "this quiz is open in another terminal; continue there, or quit it first" in finished(second)
    assert second.exitstatus == 2


@pytest.mark.train
def test_attempts_run_out(sit):
    """After the two attempts that week 3 allows, a third is refused."""
    for attempt in range(2):
        child = sit("quiz", "week3", "--student", "s005")
        for line in (*["yes"] * attempt, "r", "submit", "yes"):
            screen(child)
            child.sendline(line)
        finished(child)
    child = sit("quiz", "week3", "--student", "s005")

    assert "no attempts left for week3: you have handed in 2 of 2" in finished(child)
    assert child.exitstatus == 2


@pytest.mark.train
def test_without_a_key_it_is_recorded_not_graded(sit, tmp_path):
    """A course without solutions/ takes the answers and says to hand in the file; exit 0."""
    course = tmp_path / "course"
    (course / "exercises").mkdir(parents=True)
    (course / "quizzes").mkdir()
    (course / "quizzes" / "one.yaml").write_text(
        "schema: grade-quiz/1\nid: one\ntitle: One\nquestions: [{id: a, kind: numeric, prompt: How many?}]\n"
    )
    child = sit("quiz", "one", "--student", "s006", GRADE_COURSE=str(course))
    for line in ("27", "submit"):
        screen(child)
        child.sendline(line)

    assert "Recorded, not graded. Your answers are in one-s006-1.json: hand in this file." in finished(child)
    assert child.exitstatus == 0
    assert json.loads((tmp_path / "one-s006-1.json").read_text())["answers"] == {"a": "27"}
