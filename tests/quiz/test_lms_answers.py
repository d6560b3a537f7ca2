"""Answers of quizzes that were taken in an LMS, as Canvas and Moodle export them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from grader import cli
from grader.errors import UsageError
from grader.quiz import handed_in, key, lms_answers, loading, marksheet
from grader.quiz.aligning import align_columns
from grader.quiz.analysis import build_item_analysis
from grader.quiz.responses import ResponseFileError

QUIZ = """schema: grade-quiz/1
id: conv
title: Convolutions
attempts: 2
questions:
- id: edges
  kind: single
  prompt: Which filter finds upright edges?
  options: [{id: a, text: "left, right"}, {id: b, text: up & down}, {id: c, text: neither}]
- id: weights
  kind: multiple
  prompt: Which layers have weights?
  options: [{id: a, text: Conv2D}, {id: b, text: "Dense, wide"}, {id: c, text: Flatten}]
- id: size
  kind: numeric
  prompt: "After a filter of 3 x 3\\nan image of 28 columns has"
- id: name
  kind: text
  prompt: What is it called?
"""
KEY = """schema: grade-key/1
quiz: conv
quiz_digest: {digest}
answers:
  edges: {{correct: [a]}}
  weights: {{correct: [a, b]}}
  size: {{correct: ["26"]}}
  name: {{correct: [kernel]}}
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "quizzes").mkdir()
    (tmp_path / "solutions" / "quizzes").mkdir(parents=True)
    (tmp_path / "quizzes" / "conv.yaml").write_text(QUIZ)
    digest = loading.hash_quiz(loading.load_quiz_bytes(QUIZ.encode()))
    (tmp_path / "solutions" / "quizzes" / "conv.yaml").write_text(KEY.format(digest=digest))
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))
    return tmp_path


def quiz():
    return loading.load_quiz_bytes(QUIZ.encode())


def write(path, rows, encoding="utf-8-sig"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


CANVAS = [
    ["name", "id", "sis_id", "section", "section_id", "submitted", "attempt",
     "11: <p>Which filter finds upright edges?</p>", "1.0", "12: Which layers\nhave weights?", "1.0",
     "13: After a filter of 3&nbsp;x 3 an image of 28 columns has", "1.0", "14: What is it called?", "1.0",
     "15: From another quiz", "1.0", "n correct", "n incorrect", "score"],
    ["Ada L", "7", "s7", "A", "1", "2026-10-01", "2", "left, right", "1.0", "Conv2D,Dense\\, wide", "1.0", "26.0", "1.0", "kernel", "1.0",
     "x", "0", "4", "0", "4"],
    ["Ada L", "7", "s7", "A", "1", "2026-10-01", "1", "up &amp; down", "0.0", "Flatten", "0.0", "", "0.0", "", "", "", "", "0", "4", "0"],
    ["Bo B", "8", "s8", "A", "1", "2026-10-01", "1", "neither", "0.0", "", "0.0", "25", "0.0", "Kernel", "1.0", "", "", "1", "3", "1"],
]  # fmt: skip
MOODLE = [
    ["Last name", "First name", "Email address", "State", "Started on", "Completed", "Time taken", "Grade/4.00",
     "Response 1", "Response 2", "Response 3", "Response 4"],
    ["L", "Ada", "ada@x.org", "Finished", "1", "1", "1", "1", "up & down", "-", "25", "-"],
    ["L", "Ada", "ada@x.org", "Finished", "1", "1", "1", "4", "left, right", "Conv2D; Dense, wide", "26", "kernel"],
    ["B", "Bo", "bo@x.org", "In progress", "1", "-", "-", "-", "left, right", "-", "-", "-"],
    ["Overall average", "", "", "", "", "", "", "2.5", "", "", "", ""],
]  # fmt: skip


def test_canvass_student_analysis(tmp_path):
    """By the questions' words; attempts in their order; a question that wasn't asked is none without an answer."""
    taken = lms_answers.read_answers(write(tmp_path / "a.csv", CANVAS), quiz())

    assert [(item.responses.student, item.responses.attempt, item.responses.answers) for item in taken.items] == [
        ("7", 1, {"edges": ["b"], "weights": ["c"], "size": None}),
        ("7", 2, {"edges": ["a"], "weights": ["a", "b"], "size": "26.0", "name": "kernel"}),
        ("8", 1, {"edges": ["c"], "weights": None, "size": "25", "name": "Kernel"}),
    ]
    assert [text.partition(": ")[2] for text in taken.remarks] == ['column 16 is no question of conv: "From another quiz"']


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_moodles_responses(tmp_path, encoding):
    """By their place; who isn't done, and the averages, are no attempts."""
    taken = lms_answers.read_answers(write(tmp_path / "a.csv", MOODLE, encoding), quiz())

    assert [(item.responses.student, item.responses.attempt, item.responses.answers) for item in taken.items] == [
        ("ada@x.org", 1, {"edges": ["b"], "weights": None, "size": "25", "name": None}),
        ("ada@x.org", 2, {"edges": ["a"], "weights": ["a", "b"], "size": "26", "name": "kernel"}),
    ]
    assert taken.remarks == ["row 4: bo@x.org: in progress, so it isn't counted"]


def test_moodles_random_questions_are_told_by_their_words(tmp_path):
    """Each student's own, where the teacher exported the words."""
    rows = [
        ["Email address", "State", "Question 1", "Response 1", "Question 2", "Response 2"],
        ["ada@x.org", "Finished", "Which filter finds upright edges?: left, right; neither", "neither", "What is it called?", "kernel"],
        ["bo@x.org", "Finished", "After a filter of 3 x 3 an image of 28 columns has", "26", "What is it called?", "-"],
    ]
    taken = lms_answers.read_answers(write(tmp_path / "a.csv", rows), quiz())

    assert [item.responses.answers for item in taken.items] == [
        {"edges": ["c"], "name": "kernel"}, {"size": "26", "name": None}]  # fmt: skip
    assert [item.asked for item in taken.items] == [("edges", "name"), ("size", "name")]


def test_a_question_that_was_left_out_at_the_import_shifts_nothing(tmp_path):
    """The columns keep their order, and the answers tell which is none of the quiz."""
    rows = [["Email address", "State", "Response 1", "Response 2", "Response 3"],
            ["ada@x.org", "Finished", "upright", "Flatten", "26"], ["bo@x.org", "Finished", "level", "Conv2D", "9"]]  # fmt: skip
    taken = lms_answers.read_answers(write(tmp_path / "a.csv", rows), quiz())

    assert [item.responses.answers for item in taken.items] == [
        {"weights": ["c"], "size": "26"}, {"weights": ["a"], "size": "9"}]  # fmt: skip
    assert 'column 3 is no question of conv: "upright, level"' in taken.remarks[0]


def test_what_could_be_either_question_is_asked(tmp_path):
    """One column of numbers, two questions of numbers."""
    text = QUIZ.replace("- id: name\n  kind: text", "- id: name\n  kind: numeric")
    rows = [["Email address", "State", "Response 1"], ["ada@x.org", "Finished", "26"]]
    with pytest.raises(ResponseFileError, match="nobody can tell which of its columns are which questions of conv; in Moodle"):
        lms_answers.read_answers(write(tmp_path / "a.csv", rows), loading.load_quiz_bytes(text.encode()))


@pytest.mark.parametrize(
    ("rows", "said"),
    [([["a", "b"], ["1", "2"]], "neither Canvas's Student Analysis nor Moodle's responses; found: a, b"), ([], "found: ")],
)
def test_another_table_is_explained(tmp_path, rows, said):
    """With what it has."""
    with pytest.raises(UsageError, match=said):
        lms_answers.read_answers(write(tmp_path / "a.csv", rows), quiz())


def test_the_item_analysis_works_on_what_an_lms_asked(course, capsys):
    """`analyze` and `quiz` take the file; both attempts count by the quiz's rule; nothing is said of what nobody was asked."""
    path = write(course / "a.csv", CANVAS)
    assert cli.run_command_line(["analyze", "conv", "--answers", str(path)]) == 0
    out, err = capsys.readouterr()
    assert "conv: 2 students, mean 62.5%" in out
    assert "1. edges" in out
    assert "From another quiz" in err

    assert cli.run_command_line(["quiz", "conv", "--answers", str(path), "--marks", str(course / "m.json"), "-q"]) == 0
    assert "2 students in 1 file, 1 passed" in capsys.readouterr().out
    sheet = marksheet.read_marksheet(course / "m.json", quiz())
    assert [(row.marked.student, row.marked.attempt, row.marked.score, row.kept) for row in sheet.rows] == [
        ("7", 1, 0.0, False), ("7", 2, 4.0, True), ("8", 1, 1.0, True)]  # fmt: skip


def test_a_question_that_nobody_got_is_in_no_figure(course):
    """Of a quiz whose picture question is missing here, and of a pool's rest."""
    rows = [["Email address", "State", "Question 1", "Response 1"],
            ["ada@x.org", "Finished", "What is it called?", "kernel"], ["bo@x.org", "Finished", "What is it called?", "x"]]  # fmt: skip
    found = loading.load_quiz_bytes(QUIZ.encode())
    solutions = key.load_key_bytes((course / "solutions" / "quizzes" / "conv.yaml").read_bytes(), found)
    items = lms_answers.read_answers(write(course / "a.csv", rows), found).items
    sheet = marksheet.build_marksheet(found, solutions, handed_in.mark_class(found, solutions, items))

    assert [(item.question, item.asked, item.facility) for item in build_item_analysis(found, solutions, sheet).items] == [("name", 2, 0.5)]
    again = marksheet.mark_again(sheet, found, solutions, __import__("datetime").datetime.now().astimezone())
    assert [row.marked.max_score for row in again.rows] == [1, 1]


CELL = st.text(st.sampled_from("ab,;\\-&<>=12."), max_size=8)


@trying(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELL, min_size=6, max_size=6), max_size=5))
def test_any_cells_are_answers_or_sentences(tmp_path_factory, rows):
    """What a student typed never breaks the reading."""
    header = ["Email address", "State", "Response 1", "Response 2", "Response 3", "Response 4"]
    path = write(tmp_path_factory.mktemp("a") / "a.csv", [header, *rows])
    try:
        taken = lms_answers.read_answers(path, quiz())
    except UsageError:
        return
    assert len(taken.items) <= len(rows)


def test_aligning_keeps_the_order_and_takes_the_best():
    """A column that fits two takes the one that lets the others fit."""
    found = quiz()
    fits = lambda question, text: text == question.id  # noqa: E731

    assert align_columns(found, ["", ""], [["weights"], ["name"]], fits) == ["weights", "name"]
    assert align_columns(found, ["", ""], [["name"], ["weights"]], fits) == [None, "weights"]
    assert align_columns(found, ["", "", "", ""], [["edges"], ["weights"], ["size"], ["name"]], fits) == [
        "edges", "weights", "size", "name"]  # fmt: skip
