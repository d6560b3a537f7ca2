"""`grade quiz QUIZ` where nobody can type: it says how answers from a file look, and never waits for ever."""

import os
import pty
import subprocess
import time

import pytest
from quiz_places import PROGRAM

from grader.courses import course as courses
from grader.quiz.answer_form import render_answer_form
from grader.quiz.loading import load_quiz
from grader.quiz.responses import read_responses


@pytest.fixture
def start(tmp_path, environment):
    """Starts `grade quiz week3` with this standard input; gives what it says, and its exit code."""

    def run(stdin, **more):
        began = time.monotonic()
        done = subprocess.run(
            [*PROGRAM, "quiz", "week3"], cwd=tmp_path, env=environment | more, stdin=stdin, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert time.monotonic() - began < 30
        return done.returncode, done.stderr

    return run


def test_a_notebooks_terminal_is_none(start):
    """A cell's commands have a terminal, and nobody at it."""
    near, far = pty.openpty()
    code, said = start(far, JPY_PARENT_PID="1")
    os.close(near)
    os.close(far)

    assert (code, "schema: grade-responses/1" in said, "--answers FILE" in said) == (2, True, True)


@pytest.mark.parametrize("kind", ["silent pipe", "nothing"])
def test_silence_isnt_waited_for(start, kind):
    """A pipe that stays open, and an input that is empty."""
    near, far = os.pipe()
    code, said = start(near if kind == "silent pipe" else subprocess.DEVNULL)
    os.close(far)
    os.close(near)

    assert (code, "schema: grade-responses/1" in said) == (2, True)


@pytest.mark.parametrize("quiz_id", ["week2", "week3"])
def test_the_form_can_be_marked_as_it_is(quiz_id):
    """Every question is there, with no answer given."""
    quiz = load_quiz(courses.find_course(), quiz_id)
    responses = read_responses(render_answer_form(quiz).encode(), quiz, "form")

    assert list(responses.answers) == [question.id for question in quiz.questions]
    assert not any(responses.answers.values())
