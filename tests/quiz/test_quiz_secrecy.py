"""Nothing that students hold tells the key: not words, ids, texts, places or lengths; and the lint finds each of them."""

import pytest
from quiz_places import REPOSITORY
from quiz_samples import EVERY_KIND, key_of, quiz_of

from grader.courses.course import Course
from grader.quiz import key, loading
from grader.quiz.faults import SECRET_FIELDS
from grader.quiz.secrecy import compute_chance_of_hits, find_key_patterns, find_leaks

COURSE = Course(root=REPOSITORY)


def pair(name):
    quiz = loading.load_quiz(COURSE, name)
    return quiz, key.load_key(COURSE, quiz)


def test_the_course_tells_nothing(inside):
    """The lint is content with both quizzes."""
    done = inside("quiz-check")

    assert done.returncode == 0
    assert done.stdout == (
        "quizzes/week2.yaml: 8 questions, key complete\nquizzes/week3.yaml: 6 questions, key complete\n"
    )


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_a_students_file_has_no_key_of_the_key(inside, tmp_path, name):
    """Each word of the key is refused in a question, and it is said where it belongs."""
    course = tmp_path / "course"
    (course / "exercises").mkdir(parents=True)
    (course / "quizzes").mkdir()
    text = f"schema: grade-quiz/1\nid: one\ntitle: One\nquestions:\n  - {{id: a, kind: truefalse, prompt: A?, {name}: [true]}}\n"
    (course / "quizzes" / "one.yaml").write_text(text)

    done = inside("quiz-check", "--course", course)

    assert done.returncode == 3
    assert done.stdout.startswith(f'quizzes/one.yaml:5:42: E107 "{name}" belongs in solutions/quizzes/, not in a file')


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"title: Every kind", b"title: Every kind # correct: relu", 'the comment says "correct"'),
        (b"id: many", b"id: many\n    # see the key", 'the comment says "key"'),
        (b"{id: b, text: B}", b"{id: right-one, text: B}", 'the option id "right-one" says "right"'),
        (b"{id: c, text: C}", b"{id: not_correct, text: C}", 'the option id "not_correct" says "correct"'),
        (b"prompt: Which?", b"prompt: 'Which is the Rectified  linear unit?'", 'the key\'s text "rectified linear unit" stands in the quiz'),
    ],
)  # fmt: skip
def test_each_leak_is_found(old, new, told):
    """A comment, an id or a text that gives the answer away is named; a # inside a text is no comment."""
    clean = EVERY_KIND.replace(b"prompt: How many?", b'prompt: "How # answer?"')
    changed = clean.replace(old, new, 1)
    quiz, sound = quiz_of(clean), key_of(quiz_of(clean))
    changed_quiz = quiz_of(changed)
    solutions = {question.id: sound[question.id] for question in quiz.questions}

    assert list(find_leaks(quiz, sound, clean.decode())) == []
    found = list(find_leaks(changed_quiz, solutions, changed.decode()))
    assert len(found) == 1
    assert told in found[0]


def biased(texts, correct):
    options = ", ".join(f"{{id: {name}, text: {text}}}" for name, text in zip("abcd", texts, strict=True))
    lines = "".join(
        f"  - {{id: q{number}, kind: single, prompt: Q{number}?, options: [{options}]}}\n" for number in range(8)
    )
    quiz = quiz_of(f"schema: grade-quiz/1\nid: b\ntitle: B\nquestions:\n{lines}")
    answers = "".join(f"  q{number}: {{correct: [{correct[number % len(correct)]}]}}\n" for number in range(8))
    return quiz, key_of(quiz, f"schema: grade-key/1\nquiz: b\nquiz_digest: DIGEST\nanswers:\n{answers}")


def test_patterns_beyond_chance_are_found():
    """Always the third, always the longest: told with the count and what chance gives; evenly spread: nothing."""
    assert list(find_key_patterns([biased(["w1", "x1", "y1", "z1"], "c")])) == [
        "option 3 is correct in 8 of 8 questions, by chance in 2.0; change some of them"
    ]
    assert "the longest option is correct in 8 of 8 questions, by chance in 2.0; change some of them" in list(
        find_key_patterns([biased(["w", "xxxxxx", "yy", "zz"], "b")])
    )
    assert list(find_key_patterns([biased(["w1", "x1", "y1", "z1"], "abcd")])) == []
    assert list(find_key_patterns([pair("week2"), pair("week3")])) == []


def test_chances_of_hits_by_hand():
    """Three fair coins: at least two heads in half of the cases."""
    assert compute_chance_of_hits(2, [0.5, 0.5, 0.5]) == pytest.approx(0.5)


def test_verdicts_tell_no_more_than_the_policy_allows(inside, tmp_path):
    """While the quiz is open neither report nor JSON holds a correct answer or an explanation; --reveal shows both."""
    (tmp_path / "a.yaml").write_text("{schema: grade-responses/1, quiz: week3, student: s, answers: {conv-out: [s31]}}")
    closed = inside("quiz", "week3", "--answers", "a.yaml", "--json", "-").stdout
    _, solutions = pair("week3")

    for solved in solutions.values():
        assert solved.answer.explain not in closed
    assert '"expected": "26x26"' not in closed
    revealed = inside("quiz", "week3", "--answers", "a.yaml", "--json", "-", "--reveal").stdout
    assert '"expected": "26x26"' in revealed
    assert "28 - 3 + 1 = 26" in revealed


def test_students_files_hold_nothing_of_the_key(tmp_path):
    """No explanation or feedback stands in any file that students get: quizzes/, exercises/ and the package."""
    said = [
        text.encode() for name in ("week2", "week3") for solved in pair(name)[1].values()
        for text in (solved.answer.explain, *solved.answer.feedback.values())
    ]  # fmt: skip
    files = [
        path for root in ("quizzes", "exercises", "grader") for path in (REPOSITORY / root).rglob("*") if path.is_file()
    ]
    held = b"\n".join(
        path.read_bytes() for path in files if path.suffix in (".py", ".yaml", ".md", ".txt", ".html", ".js")
    )

    assert len(said) > 60
    assert [text for text in said if text in held] == []
