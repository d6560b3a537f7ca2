"""The page on quizzes is true: each of its commands runs, its examples load, its table of keys is the program's."""

import re
import shlex
import shutil

import pytest
from quiz_places import REPOSITORY
from simulated import write_class

from grader.courses.course import Course
from grader.quiz import key, loading, responses
from grader.quiz.lines import LINE_COMMANDS

PAGE = (REPOSITORY / "docs" / "quizzes.md").read_text(encoding="utf-8")
TAKEN_ELSEWHERE = "grade quiz week3"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """A teacher's folder with a course, an answer file, a class's answers and a question bank."""
    for name in ("quizzes", "solutions/quizzes"):
        shutil.copytree(REPOSITORY / name, tmp_path / "course" / name)
    (tmp_path / "course" / "exercises").mkdir()
    quiz = loading.load_quiz(Course(root=REPOSITORY), "week3")
    write_class(tmp_path / "answers", quiz, key.load_key(Course(root=REPOSITORY), quiz), 12)
    (tmp_path / "a.yaml").write_text(blocks("yaml")[0])
    (tmp_path / "bank.gift").write_text("::one:: Is it so? {T}\n")
    return tmp_path


def test_every_command_runs(inside, folder):
    """In the page's order, in one folder; only the marking of one incomplete file ends with 1."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line != TAKEN_ELSEWHERE]
    for line in lines:
        done = inside(*shlex.split(line)[1:], env={"GRADE_COURSE": str(folder / "course")})
        assert (line, done.returncode) == (line, 1 if "--answers a.yaml" in line else 0), done.stderr

    assert len(lines) > 14
    promised = (
        "verdict.json junit.xml week3.csv items.csv items.json week3-new.csv week3.xml week3.gift canvas.zip week3.json"
    )
    assert [name for name in promised.split() if not (folder / name).exists()] == []


def test_the_examples_load():
    """The quiz, the key and the answers on the page are ones."""
    answers, quiz_text, key_text = blocks("yaml")
    quiz = loading.load_quiz_bytes(quiz_text.encode())
    solutions = key.load_key_bytes(key_text.replace("sha256:…", loading.hash_quiz(quiz)).encode(), quiz)

    assert solutions["conv-out"].options == {"s26"}
    week3 = loading.load_quiz(Course(root=REPOSITORY), "week3")
    assert responses.read_responses(answers.encode(), week3, "a.yaml").answers == {
        "conv-out": ["s26"],
        "pool-out": ["s13"],
    }


def test_every_key_is_on_the_page():
    """Each one-letter command of the terminal stands in the table."""
    table = PAGE[PAGE.index("| key |") : PAGE.index("Where a letter")]

    assert [name for name in LINE_COMMANDS if len(name) == 1 and f"`{name}`" not in table] == []
