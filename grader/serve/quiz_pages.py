"""Quizzes: one question after another, every answer saved at once, time kept by the server, and no word of the key.

Pages of a question are made from the quiz alone, which holds no answers; the key is read only after handing in, and
what is shown of it is what the review policy allows at that moment.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime

import msgspec
from markupsafe import Markup
from starlette.responses import Response

from grader.courses.yaml_nodes import YamlNode
from grader.errors import CourseError
from grader.gradebook.quiz_marks import encode_answers, rebuild_verdict
from grader.messages.text import escape_line
from grader.quiz import sitting as sittings
from grader.quiz.faults import QuizFaults
from grader.quiz.key import AnswerKey, load_key
from grader.quiz.lines import format_letter, parse_typed_answer
from grader.quiz.loading import parse_closing_time
from grader.quiz.marking import mark_attempt
from grader.quiz.model import Question, Quiz, draw_questions
from grader.quiz.page_titles import build_titles, render_rich
from grader.quiz.pictures import load_pictures
from grader.quiz.responses import GivenAnswer, normalize_answer
from grader.quiz.screens import format_count
from grader.quiz.sitting import AttemptKeeper, Sitting
from grader.quiz.taking import open_sitting
from grader.quiz.values import MAX_ANSWER_LENGTH
from grader.quiz.verdicts import ReviewScope, build_quiz_verdict, find_review_scope, format_given_answer
from grader.records.verdict import SubmissionRef, Verdict
from grader.reports.html import render_body
from grader.serve.gate import PageError, Visit, redirect
from grader.serve.site import read_clock

NOT_OPEN = "The time is up, or the quiz was handed in, perhaps in another window. The answers so far are kept."
OTHER_ATTEMPT = "This page is of another attempt. Go back to the quiz."
Change = Callable[[Sitting], Sitting]


def find_quiz(visit: Visit) -> Quiz:
    """The quiz of the address. Raises: PageError: there is none."""
    quiz = visit.site.quizzes.get(visit.params["quiz"])
    if quiz is None:
        raise PageError(404, "This course has no such quiz.")
    return quiz


def show_quiz(visit: Visit) -> Response:
    """What a quiz is, what was handed in so far, and how to begin or go on."""
    quiz, now = find_quiz(visit), read_clock()
    attempts = _list_attempts(visit, quiz)
    running = next((one for one in attempts if one.submitted is None), None)
    closes = parse_closing_time(quiz)
    result = visit.site.records.list_results(visit.student).get(quiz.id)
    return visit.render(
        "quiz.html",
        quiz=quiz,
        comment=result.comment if result else "",
        points=_describe_points(quiz),
        attempts=[one for one in attempts if one.submitted is not None],
        running=running,
        left=quiz.attempts - len(attempts),
        closes=closes,
        closed=closes is not None and now >= closes,
        minutes=quiz.time_limit / 60 if quiz.time_limit else None,
    )


def _describe_points(quiz: Quiz) -> str:
    """How many questions and points a student gets, whatever the draw."""
    asked = draw_questions(quiz, "", 1)
    return f"{format_count(len(asked), 'question')}, {format_count(sum(quiz.find_question(name).points for name in asked), 'point')}"


def _list_attempts(visit: Visit, quiz: Quiz) -> list[Sitting]:
    """The student's attempts; one whose time is up is handed in as it is."""
    keeper = visit.site.records.open_attempts(quiz, visit.student)
    with keeper.lock_attempts():
        attempts = keeper.list_attempts()
        if attempts and (ended := hand_in_late(quiz, attempts[-1], read_clock())) is not None:
            keeper.save_attempt(ended)
            attempts[-1] = ended
    return attempts


def hand_in_late(quiz: Quiz, sitting: Sitting, now: datetime) -> Sitting | None:
    """The attempt as handed in when its time was up; None while there is time, or where it was handed in."""
    end = sittings.find_end_time(sitting, quiz)
    if sitting.submitted is not None or end is None or now < end:
        return None
    return sittings.submit_sitting(sitting, end)


def begin_attempt(visit: Visit) -> Response:
    """Begins an attempt, or goes on with the one that was begun."""
    quiz = find_quiz(visit)
    # One whose time is up is handed in first, and then a further one may begin.
    _list_attempts(visit, quiz)
    keeper = visit.site.records.open_attempts(quiz, visit.student)
    with keeper.lock_attempts():
        sitting, _ = open_sitting(quiz, visit.student, keeper, read_clock())
        keeper.save_attempt(sitting)
    return redirect(f"/quizzes/{quiz.id}/questions/{min(sitting.position, len(sitting.names) - 1) + 1}")


def _find_running(visit: Visit, quiz: Quiz) -> Sitting | None:
    """The attempt that is open; None where its time is up, or it was handed in.

    Raises:
        UsageError: the quiz has changed since it began.
    """
    attempts = _list_attempts(visit, quiz)
    if not attempts or attempts[-1].submitted is not None:
        return None
    sittings.check_fits(attempts[-1], quiz)
    return attempts[-1]


def show_question(visit: Visit, status: int = 200, problem: str = "", typed: str | None = None) -> Response:
    """One question, with what was answered."""
    quiz = find_quiz(visit)
    sitting = _find_running(visit, quiz)
    if sitting is None:
        return redirect(f"/quizzes/{quiz.id}")
    number = visit.read_number("position")
    if not 1 <= number <= len(sitting.names):
        raise PageError(404, "This quiz has no such question.")
    question = quiz.find_question(sitting.names[number - 1])
    opened = sitting.hints.get(question.id, 0)
    given = sitting.answers.get(question.id)
    pictures = load_pictures(visit.site.course, quiz)
    return visit.render(
        "question.html",
        status,
        quiz=quiz,
        sitting=sitting,
        question=question,
        number=number,
        prompt=render_rich(question.prompt, pictures),
        options=[
            (
                name,
                format_letter(index),
                render_rich(question.find_option(name).text, pictures),
                isinstance(given, list) and name in given,
            )
            for index, name in enumerate(sitting.shown.options.get(question.id, []))
        ],
        typed=typed if typed is not None else given if isinstance(given, str) else "",
        max_length=MAX_ANSWER_LENGTH,
        hints=question.hints[:opened],
        next_hint=question.hints[opened] if opened < len(question.hints) else None,
        left_s=_compute_left_s(quiz, sitting),
        problem=problem,
    )


def _compute_left_s(quiz: Quiz, sitting: Sitting) -> int | None:
    end = sittings.find_end_time(sitting, quiz)
    return None if end is None else max(0, int((end - read_clock()).total_seconds()))


def save_answer(visit: Visit) -> Response:
    """Saves an answer, and goes where the student wants to go; without a place to go, nothing but that."""
    quiz = find_quiz(visit)
    sitting = _find_running(visit, quiz)
    name, go = visit.read_field("question"), visit.read_field("go")
    if sitting is None:
        raise PageError(409, NOT_OPEN)
    if name not in sitting.names:
        raise PageError(409, OTHER_ATTEMPT)
    question = quiz.find_question(name)
    number = sitting.names.index(name) + 1
    fault, given = ("", None) if go == "clear" else _read_answer(question, visit)
    if fault and go != "stay":
        return show_question(_at_question(visit, number), 422, fault, visit.read_field("answer"))
    if fault:
        return Response(fault, 422, media_type="text/plain")
    changed = _change_attempt(visit, quiz, lambda now: _apply_step(now, question, given, visit))
    if go == "stay":
        return Response(status_code=204)
    # Past the last question is the review sheet.
    if changed.position >= len(changed.names):
        return redirect(f"/quizzes/{quiz.id}/review")
    return redirect(f"/quizzes/{quiz.id}/questions/{changed.position + 1}")


def _at_question(visit: Visit, number: int) -> Visit:
    """The visit as of a question's own page."""
    return dataclasses.replace(visit, params={**visit.params, "position": str(number)})


def _read_answer(question: Question, visit: Visit) -> tuple[str, GivenAnswer]:
    """What is wrong with an answer, and the answer in its one form; None where there is none."""
    sent = visit.form.get("answer", [])
    if question.choices:
        faults = QuizFaults("the answer")
        try:
            given = normalize_answer(question, sent, YamlNode(value=(), line=1, column=1), faults)
            faults.raise_if_any()
        except CourseError:
            return "That isn't an answer to this question.", None
        return "", given
    text = sent[0].strip() if sent else ""
    if not text:
        return "", None
    read = parse_typed_answer(text, question)
    return (escape_line(read.message), None) if read.do == "mistake" else ("", text)


def _apply_step(now: Sitting, question: Question, given: GivenAnswer, visit: Visit) -> Sitting:
    """The attempt with the answer, at the place where the student goes."""
    after = sittings.record_answer(now, question.id, given)
    place = after.names.index(question.id)
    match visit.read_field("go"):
        case "back":
            return sittings.move_to(after, place - 1)
        case "review":
            return sittings.move_to(after, len(after.names))
        case "flag":
            return sittings.move_to(sittings.change_flag(after, question.id), place)
        case "hint" if visit.read_field("opened") == str(after.hints.get(question.id, 0)) and after.hints.get(
            question.id, 0
        ) < len(question.hints):
            return sittings.move_to(sittings.open_hint(after, question.id), place)
        case "hint" | "clear" | "stay":
            return sittings.move_to(after, place)
    return sittings.move_to(after, place + 1)


def _change_attempt(visit: Visit, quiz: Quiz, change: Change) -> Sitting:
    """Changes the open attempt, alone; it is saved when this returns. Raises: PageError: it isn't open any more."""
    keeper = visit.site.records.open_attempts(quiz, visit.student)
    with keeper.lock_attempts():
        before = _take_open(visit, keeper, quiz)
        after = change(before)
        keeper.save_attempt(after)
    return after


def _take_open(visit: Visit, keeper: AttemptKeeper, quiz: Quiz) -> Sitting:
    attempts = keeper.list_attempts()
    if not attempts or attempts[-1].submitted is not None or hand_in_late(quiz, attempts[-1], read_clock()) is not None:
        raise PageError(409, NOT_OPEN)
    # Only now that nobody else changes it: another window may have handed one in and begun the next.
    if visit.read_field("attempt") != str(attempts[-1].attempt):
        raise PageError(409, OTHER_ATTEMPT)
    return attempts[-1]


def show_review(visit: Visit) -> Response:
    """All questions with their answers, before handing in."""
    quiz = find_quiz(visit)
    sitting = _find_running(visit, quiz)
    if sitting is None:
        return redirect(f"/quizzes/{quiz.id}")
    lines = [
        (number, name in sitting.flags, _format_given(quiz.find_question(name), sitting))
        for number, name in enumerate(sitting.names, 1)
    ]
    return visit.render("review.html", quiz=quiz, sitting=sitting, lines=lines, left_s=_compute_left_s(quiz, sitting))


def _format_given(question: Question, sitting: Sitting) -> str:
    given = sitting.answers.get(question.id)
    if not isinstance(given, list):
        return given or ""
    # With the letters that this student saw.
    order = sitting.shown.options[question.id]
    letters = " ".join(format_letter(order.index(name)) for name in order if name in given)
    return f"{letters}) {format_given_answer(question, given)}"


def hand_in_quiz(visit: Visit) -> Response:
    """Hands an attempt in, once."""
    quiz = find_quiz(visit)
    sitting = _find_running(visit, quiz)
    if sitting is None:
        raise PageError(409, NOT_OPEN)
    done = _change_attempt(visit, quiz, lambda now: sittings.submit_sitting(now, read_clock()))
    return redirect(f"/quizzes/{quiz.id}/attempts/{done.attempt}")


def _find_handed_in(visit: Visit, quiz: Quiz) -> Sitting:
    number = visit.read_number("attempt")
    found = next(
        (one for one in _list_attempts(visit, quiz) if one.attempt == number and one.submitted is not None), None
    )
    if found is None:
        raise PageError(404, "There is no such attempt, or it isn't handed in.")
    return found


def show_attempt(visit: Visit) -> Response:
    """What was handed in, with as much of the marks as the review policy allows now."""
    quiz = find_quiz(visit)
    sitting = _find_handed_in(visit, quiz)
    sittings.check_fits(sitting, quiz)
    seen = find_review_scope(quiz, read_clock())
    solutions = load_key(visit.site.course, quiz) if seen.score else None
    body = _render_marks(visit, quiz, solutions, sitting, seen) if solutions is not None else None
    lines = [
        (number, False, _format_given(quiz.find_question(name), sitting))
        for number, name in enumerate(sitting.names, 1)
    ]
    return visit.render("attempt.html", quiz=quiz, sitting=sitting, body=body, lines=lines, later=not seen.score)


def _render_marks(visit: Visit, quiz: Quiz, solutions: AnswerKey, sitting: Sitting, seen: ReviewScope) -> Markup | None:
    """The marks; of a class those that the gradebook has, which a corrected key changes only with a regrade."""
    given = sittings.build_responses(sitting)
    kept = encode_answers(given)
    digest = hashlib.sha256(kept).hexdigest()
    named = SubmissionRef(path=f"attempt {sitting.attempt}", sha256=digest)
    verdict = build_quiz_verdict(quiz, solutions, mark_attempt(quiz, solutions, given), given, named, seen)
    if (stored := _find_stored(visit, quiz, digest)) is not None:
        shown = rebuild_verdict(quiz, solutions, seen, stored, kept)
        verdict = msgspec.structs.replace(shown or verdict, submission=named)
    return render_body(verdict, None, titles={quiz.id: build_titles(quiz, load_pictures(visit.site.course, quiz))})


def _find_stored(visit: Visit, quiz: Quiz, digest: str) -> Verdict | None:
    """What the gradebook has of an attempt by now, the last marks of several."""
    own = visit.site.book.list_figures(quiz.id, student=visit.student, current=False) if visit.site.is_class else []
    same = sorted((one for one in own if one.sha256 == digest), key=lambda one: one.graded_at)
    return dict(visit.site.book.iter_documents([same[-1].key]))[same[-1].key].read_verdict() if same else None


def send_answers(visit: Visit) -> Response:
    """The answers as the file that an instructor marks (`grade quiz … --answers`)."""
    quiz = find_quiz(visit)
    sitting = _find_handed_in(visit, quiz)
    text = msgspec.json.format(msgspec.json.encode(sittings.build_responses(sitting)), indent=2) + b"\n"
    name = f"{quiz.id}-{sitting.attempt}.json"
    return Response(
        text, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
