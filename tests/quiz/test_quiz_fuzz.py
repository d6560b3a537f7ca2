"""Loading survives anything: a quiz, or messages with a code; bombs are refused at once, in bounded memory."""

import json
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutated import mutated
from quiz_places import REPOSITORY
from quiz_samples import EVERY_ANSWER, EVERY_KIND, key_of, quiz_of

from grader.errors import CourseError
from grader.quiz import key, loading, responses
from grader.quiz.faults import FAULT_CODES
from grader.quiz.marking import mark_attempt
from grader.quiz.responses import ResponseFileError

SEEDS = [path.read_bytes() for path in sorted((REPOSITORY / "quizzes").glob("*.yaml"))] + [EVERY_KIND]
QUIZ = quiz_of()
KEY = key_of(QUIZ)
KEY_FILE = EVERY_ANSWER.replace("DIGEST", loading.hash_quiz(QUIZ)).encode()
ANSWERS = (
    b"schema: grade-responses/1\nquiz: kinds\nstudent: s1\nattempt: 1\nhints: {one: 0}\nanswers:\n"
    b"  one: [a]\n  many: [a, b]\n  yes: [true]\n  count: 27\n  name: relu\n  size: 26x26\n"
)


def codes(load, data):
    """The codes of what was refused; empty where it was taken."""
    try:
        load(data)
    except CourseError as error:
        return [problem.message.split()[0] for problem in error.problems]
    return []


def test_mutated_quizzes_are_quizzes_or_coded_faults():
    """A share of the inputs of `benchmarks/quiz.py --fuzz`: each fault has a known code."""
    chance = random.Random(11)
    for _ in range(200):
        data = mutated(chance, SEEDS)
        found = codes(loading.load_quiz_bytes, data)
        assert set(found) <= FAULT_CODES.keys(), data


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_random_bytes_are_refused_with_a_code(data):
    """No bytes that aren't a quiz are taken for one."""
    assert set(codes(loading.load_quiz_bytes, data)) & FAULT_CODES.keys()


def test_mutated_keys_are_keys_or_coded_faults():
    """The same for keys, against the quiz that they are for."""
    chance = random.Random(12)
    for _ in range(150):
        data = mutated(chance, [KEY_FILE])
        assert set(codes(lambda given: key.load_key_bytes(given, QUIZ), data)) <= FAULT_CODES.keys(), data


def taken(data):
    """The answers in what a student handed in; None where it is refused, with its file's name in each line."""
    try:
        return responses.read_responses(data, QUIZ, "a.yaml")
    except ResponseFileError as error:
        lines = str(error).splitlines()
    assert all(line.startswith("a.yaml:") and line.isprintable() for line in lines), lines
    return None


def test_mutated_answers_are_marked_or_refused():
    """The same for what students hand in, as YAML and as JSON; what is taken can be marked, from 0 to the whole."""
    chance = random.Random(13)
    as_json = json.dumps({
        "schema": "grade-responses/1", "quiz": "kinds", "student": "s1",
        "answers": {"one": ["a"], "many": ["a"], "count": 27, "name": "relu", "size": None},
    }).encode()  # fmt: skip
    found = [taken(mutated(chance, [ANSWERS, as_json])) for _ in range(300)]
    scores = [mark_attempt(QUIZ, KEY, given_) for given_ in found if given_ is not None]

    assert len(scores) > 10
    assert all(0 <= result.score <= result.max_score for result in scores)


def test_what_a_student_wrote_never_steers_a_terminal():
    """Escapes in names, ids and answers come out as text, and long ones are cut."""
    for text in (
        'schema: grade-responses/1\nquiz: kinds\nanswers: {"\\e[2J": [a]}',
        'schema: grade-responses/1\nquiz: "\\e]0;x\\a"\nanswers: {}',
        'schema: grade-responses/1\nquiz: kinds\nanswers: {one: ["\\u202e"]}',
        '{"schema": "grade-responses/1", "quiz": "kinds", "answers": {"\\u001b[2J": null}}',
        "schema: grade-responses/1\nquiz: kinds\nattempt: " + "9" * 5000 + "\nanswers: {}",
    ):
        with pytest.raises(ResponseFileError) as error:
            responses.read_responses(text.encode(), QUIZ, "a.yaml")
        assert all(line.isprintable() and len(line) < 700 for line in str(error.value).splitlines())


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "E102"), ("[" * 100_000, "E10"), ("{a: " * 100_000, "E102"), ("- " * 100_000, "E102"),
        ("\n".join(f"k{number}: v" for number in range(70_000)), "E102"), ("x" * 1_000_001, "E101"),
        ("a: !!python/object/apply:os.system [true]", "E102"), ("a: b\n---\nc: d", "E102"), ("a: " + "9" * 900_000, "E10"),
        ("<<: {a: b}\n<<: {a: b}", "E103"), ("a: 'x\x00'", "E101"), ("", "E101"),
    ],
)  # fmt: skip
def test_bombs_are_refused_at_once_in_bounded_memory(text, code):
    """Aliases, depth, size and tags end within a second and some megabytes; a newer libyaml has a limit of depth of its own."""
    data = text.encode()
    tracemalloc.start()
    began = time.process_time()
    found = codes(loading.load_quiz_bytes, data)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found[0].startswith(code)
    assert seconds < 5
    assert peak < 60_000_000


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_nested_json_answers_are_refused(opened):
    """A JSON bomb of depth ends with one message."""
    with pytest.raises(ResponseFileError, match=r"a\.json:1:\d+: E10[12]"):
        responses.read_responses(('{"schema":' + opened * 200_000).encode(), QUIZ, "a.json")
