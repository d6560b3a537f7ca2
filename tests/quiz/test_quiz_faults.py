"""Every fault of a quiz, a key or an answer file: its code, its place and its words, all of a file at once."""

import pytest
from quiz_samples import EVERY_ANSWER, EVERY_KIND, key_of, quiz_of

from grader.errors import CourseError
from grader.quiz import loading, responses
from grader.quiz.faults import FAULT_CODES
from grader.quiz.responses import ResponseFileError

QUIZ = quiz_of()
HEAD = "schema: grade-quiz/1\nid: x\ntitle: X\n"
TF = "questions: [{id: a, kind: truefalse, prompt: A?}]\n"


def single(rest="", options="[{id: a, text: A}, {id: b, text: B}]"):
    return f"{HEAD}questions:\n- {{id: q, kind: single, prompt: Q?, options: {options}{rest}}}\n"


QUIZZES = [
    ("", "1:1: E101 the file is empty"),
    (HEAD + TF + "title: Y\n", '5:1: E103 "title" is given twice'),
    (HEAD + TF + "shufle: {}\n", '5:1: E104 unknown key "shufle"; did you mean "shuffle"?'),
    ("schema: grade-quiz/1\nid: x\n" + TF, '1:1: E105 "title" is missing'),
    (HEAD + TF + "attempts: two\n", '5:11: E106 expected a whole number, got "two"'),
    (HEAD + TF + "pass_mark: 120%\n", '5:12: E106 expected a share from 0% to 100%, got "120%"'),
    (HEAD + "questions: []\n", "4:12: E202 a quiz has from 1 to 500 questions, got 0"),
    (HEAD + TF.replace("]", ", {id: a, kind: text, prompt: B?}]"), '4:56: E203 two questions have the id "a"'),
    (single(options="[{id: a, text: A}, {id: b, text: ' A'}]"), '5:65: E204 question "q" has two options with the text " A"'),
    (single(options="[{id: a, text: A}, {id: a, text: B}]"), '5:70: E205 question "q" has two options with the id "a"'),
    (HEAD + TF.replace("id: a", "id: a b"), 'E206 an id is of letters, digits, - and _, at most 40, a letter or digit first, got "a b"'),
    (single(options="[{id: a, text: A}]"), 'E207 question "q" has 1 options; from 2 to 26'),
    (HEAD + TF.replace("}", ", options: [{id: a, text: A}]}"), "E207 a question of kind truefalse has no options"),
    (HEAD + TF.replace("A?", "' '"), "E208 the prompt is empty"),
    (HEAD + TF.replace("A?", '"\\e[2J"'), "E208 the prompt holds a character that can't be shown: '\\x1b'"),
    (HEAD + TF + 'description: "\\0"\n', "E208 the description holds a character that can't be shown: '\\x00'"),
    (HEAD + TF + "attempts: 0\n", "5:11: E209 attempts must be from 1 to 100, got 0"),
    (HEAD + TF + "time_limit: 0s\n", "5:13: E209 time_limit must be more than 0; leave it out for no limit"),
    (HEAD + TF.replace("}", ", points: 0}"), "E209 points must be more than 0, at most 1000, got 0"),
    (HEAD + TF.replace("}", ", points: nan}"), "E209 points must be more than 0, at most 1000, got nan"),
    (single(", partial: coverage"), "E210 a question of kind single can't have partial credit"),
    (single(", hints: [{text: a, cost: 60%}, {text: b, cost: 50%}]"), "E212 the hints cost 110% of the points together; at most 100%"),
    (HEAD + TF + "closes: tomorrow\n", '5:9: E213 expected a time with its zone, such as 2026-12-01T12:00:00+01:00, got "tomorrow"'),
    (HEAD + TF + "closes: 2026-12-01T12:00:00\n", "5:9: E213 expected a time with its zone"),
    (HEAD + TF + "pools: [{id: p, pick: 1, questions: [a, z]}]\n", 'E211 pool "p" names no question of this quiz: "z"'),
    (HEAD + TF + "pools: [{id: p, pick: 1, questions: [a, a]}]\n", 'E211 question "a" is in a pool already'),
    (HEAD + TF + "pools: [{id: p, pick: 1, questions: [a]}]\n", 'E211 pool "p" picks 1 of 1; pick from 1 to 0'),
]  # fmt: skip
TWO = HEAD + "questions: [{id: a, kind: truefalse, prompt: A?}, {id: b, kind: truefalse, prompt: B?, points: 2}]\n"
QUIZZES += [
    (TWO + "pools: [{id: p, pick: 1, questions: [a, b]}]\n", 'E211 the questions of pool "p" have different points'),
    (TWO + "pools: [{id: p, pick: 1, questions: [a, b]}, {id: p, pick: 1, questions: [a, b]}]\n", 'E211 two pools have the id "p"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), QUIZZES)
def test_faults_of_a_quiz(text, message):
    """Each mistake of an author is named with its place and what was found."""
    with pytest.raises(CourseError) as error:
        quiz_of(text)

    assert message in str(error.value)


KEYS = [
    ("quiz: kinds", "quiz: other", '2:7: E301 the key is for the quiz "other", not "kinds"'),
    ("DIGEST", "sha256:0", "3:14: E302 the quiz has changed since this key was written; check the answers, then write sha256:"),
    ("  one: {correct: [b], explain: B it is., feedback: {a: Not A., b: Yes.}}\n", "", '5:3: E303 question "one" has no answer'),
    ("  size:", "  sise: {correct: [1x1]}\n  size:", '10:3: E304 the quiz has no question "sise"; did you mean "size"?'),
    ("correct: [b]", "correct: [d]", '5:19: E305 question "one" has no option "d"'),
    ("correct: [b]", "correct: [a, b]", "5:18: E306 a question of kind single has exactly one correct option, got 2"),
    ("correct: [a, c]", "correct: [a, a]", "6:19: E306 name at least one correct option, and each once"),
    ("correct: [26x26]", "correct: []", '10:9: E306 question "size" needs at least one correct answer'),
    ("correct: [27], tolerance: 0.5", "range: [1, 2], tolerance: 0.5", "E306 a numeric answer is either `correct` (with or without"),
    ("correct: [27], tolerance: 0.5", "range: [3, 1]", "8:18: E307 expected two numbers, the smaller one first, got [3, 1]"),
    ("correct: [27]", "correct: [many]", '8:21: E307 expected a number, got "many"'),
    ("tolerance: 0.5", "tolerance: -1", 'E307 expected a tolerance such as "0.5" or "1%", got "-1"'),
    ("[relu, rectified linear unit]", "[relu, '.']", "9:26: E307 an empty text can't be the correct answer"),
    ("[26x26]", "[26 and 26]", '10:20: E307 expected a shape such as 26x26, got "26 and 26"'),
    ("[26x26]", "[26, 26, 64]", "10:19: E307 is this one shape? Write it as [26x26x64]"),
    ("a: Not A.", "z: Not Z.", '5:53: E308 question "one" has no option "z"'),
    ("yes: {correct: [true]", "yes: {correct: [true], tolerance: 1", 'E309 a question of kind truefalse has no "tolerance"'),
    ("B it is.", '"\\e"', "E208 the explanation holds a character that can't be shown: '\\x1b'"),
    ("Not A.", '"\\e"', "E208 the feedback holds a character that can't be shown: '\\x1b'"),
    ("[relu,", '["\\e",', "E208 the answer holds a character that can't be shown: '\\x1b'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), KEYS)
def test_faults_of_a_key(old, new, message):
    """Each mistake in a key is named with its place and what was found."""
    assert old in EVERY_ANSWER
    with pytest.raises(CourseError) as error:
        key_of(QUIZ, EVERY_ANSWER.replace(old, new, 1))

    assert message in str(error.value)


ANSWERS = [
    ("quiz: week9, answers: {}", 'E401 the answers are for the quiz "week9", not "kinds"'),
    ("quiz: kinds, answers: {sise: 1}", 'E402 the quiz has no question "sise"; did you mean "size"?'),
    ("quiz: kinds, answers: {}, hints: {zz: 1}", 'E402 the quiz has no question "zz"'),
    ("quiz: kinds, answers: {one: [zz]}", 'E403 question "one" has no option "zz"'),
    ("quiz: kinds, answers: {one: [a, b]}", 'E404 question "one" takes one option, got 2'),
    ("quiz: kinds, answers: {count: [1, 2]}", 'E404 question "count" takes one text or number, got a list of 2'),
    (f"quiz: kinds, answers: {{name: {'x' * 2001}}}", "E404 an answer is longer than 2,000 characters"),
    ("quiz: kinds, attempt: 0, answers: {}", "E209 attempt must be from 1 to 1000, got 0"),
    (f"quiz: kinds, student: {'x' * 201}, answers: {{}}", "E209 student is longer than 200 characters"),
    ("quiz: kinds, answers: {}, hints: {one: 1}", 'E209 question "one" has 0 hints, got 1'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ANSWERS)
def test_faults_of_answers(text, message):
    """Each mistake in what a student hands in is named with its place and what was found."""
    with pytest.raises(ResponseFileError) as error:
        responses.read_responses(f"{{schema: grade-responses/1, {text}}}".encode(), QUIZ, "a.yaml")

    assert message in str(error.value)
    assert str(error.value).startswith("a.yaml:1:")


def test_all_faults_of_a_file_come_at_once():
    """Three mistakes in one quiz are three lines, in the file's order."""
    text = EVERY_KIND.replace(b"{id: c, text: C}]", b"{id: b, text: A}]", 1).replace(b"points: 2", b"points: -1")
    with pytest.raises(CourseError) as error:
        quiz_of(text)

    assert [line.split(": ", 1)[1][:4] for line in str(error.value).splitlines()] == ["E204", "E205", "E209"]


def test_every_code_is_reached():
    """No code stands in the table that no file gives; E102, E107, E201, E214 and E405 have tests of their own."""
    said = " ".join(message for *_, message in QUIZZES + KEYS + ANSWERS)

    assert {code for code in FAULT_CODES if code not in said} == {"E102", "E107", "E201", "E214", "E405"}


def test_a_quiz_s_id_is_its_file_s_name(tmp_path):
    """A file that was copied and not renamed inside is told."""
    path = tmp_path / "week4.yaml"
    path.write_bytes(EVERY_KIND)

    with pytest.raises(
        CourseError, match=r"quizzes/week4\.yaml:2:5: E201 the id \"kinds\" differs from the file's name \"week4\""
    ):
        loading.load_quiz_file(path, "quizzes/week4.yaml")
