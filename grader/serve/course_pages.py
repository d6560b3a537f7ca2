"""The course and its exercises: what is there, what is passed, and the place where work is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from msgspec import Struct
from starlette.responses import Response

from grader.courses.exercise import Exercise, find_exercise_text
from grader.courses.notebooks import build_exercise_notebook
from grader.courses.policy import find_deadline
from grader.quiz.verdicts import find_review_scope
from grader.serve.gate import PageError, Visit, redirect, render_page
from grader.serve.people import MAX_SESSION_S, Person, start_session
from grader.serve.records import StudentResult
from grader.serve.rendering import load_assets, render_readme
from grader.serve.site import read_clock
from grader.serve.submission_pages import describe_submissions


class CourseItem(Struct, frozen=True, kw_only=True):
    """One line of the course's page."""

    id: str
    title: str
    href: str
    max_score: float | None
    facts: str
    due: str
    result: StudentResult | None


def enter_site(visit: Visit) -> Response:
    """Signs somebody in by the token of the terminal or a personal link, and takes it out of the address."""
    person = visit.site.access.read_link(visit.params["link"])
    if person is None:
        raise PageError(403, "This link isn't valid, or not any more. Ask for a new one.")
    # A link that somebody else sends must not make a student hand in under another name.
    if visit.person is not None and visit.person.id != person.id:
        return visit.render("other_person.html", 409, other=person)
    return sign_person_in(visit, person)


def sign_person_in(visit: Visit, person: Person, to: str = "/") -> Response:
    """Starts a session in this browser, and leads on to a page of this site."""
    site = visit.site
    session = start_session(person)
    response = redirect(to)
    response.set_cookie(
        site.cookie_name,
        site.signer.sign_session(session),
        max_age=MAX_SESSION_S,
        httponly=True,
        samesite="lax",
        secure=site.secure,
    )
    return response


def leave_site(visit: Visit) -> Response:
    """Signs out in this browser."""
    provider = visit.site.sign_in.provider if visit.site.sign_in else None
    told = {
        "provider": provider.name if provider else "",
        "logout_address": provider.logout_address if provider else None,
    }
    # A stranger's page: with a name on it, it would look as if one were still signed in.
    response = render_page(visit.site, None, None, "left.html", 200, told)
    response.delete_cookie(visit.site.cookie_name, httponly=True, samesite="lax", secure=visit.site.secure)
    return response


def show_asset(visit: Visit) -> Response:
    """A style sheet or a script of ours."""
    found = load_assets().get(visit.params["name"])
    if found is None:
        raise PageError(404, "There is no such page.")
    return Response(found[1], media_type=found[0], headers={"Cache-Control": "max-age=300"})


def show_course(visit: Visit) -> Response:
    """The units with what is passed; instructors are led to the class."""
    if visit.person is not None and visit.person.role != "student":
        return redirect("/class")
    site, student = visit.site, visit.student
    results = site.records.list_results(student)
    items = [_build_item(visit, one, results) for one in site.exercises.values()]
    units = [
        (unit, [item for _, item in group])
        for unit, group in groupby(zip(site.exercises.values(), items, strict=True), key=lambda pair: pair[0].unit)
    ]
    known = [item for item in items if item.result]
    return visit.render(
        "course.html",
        units=units,
        quizzes=_build_quiz_items(visit, results),
        passed=sum(item.result.passed for item in known if item.result),
        points=sum(item.result.score for item in known if item.result),
        most=sum(one.max_score for one in site.exercises.values()),
        count=len(items),
        following=next((item for item in items if not (item.result and item.result.passed)), None),
    )


def _build_item(visit: Visit, one: Exercise, results: Mapping[str, StudentResult]) -> CourseItem:
    return CourseItem(
        id=one.id,
        title=one.title,
        href=f"/exercises/{one.id}",
        max_score=one.max_score,
        facts=f"{one.difficulty}, {one.minutes} minutes",
        due=describe_due(visit, one.id),
        result=results.get(one.id),
    )


def _build_quiz_items(visit: Visit, results: Mapping[str, StudentResult]) -> list[CourseItem]:
    now = read_clock()
    return [
        CourseItem(
            id=quiz.id,
            title=quiz.title,
            href=f"/quizzes/{quiz.id}",
            max_score=None,
            facts="",
            due=describe_due(visit, quiz.id),
            # The points of a quiz may have to wait until it is closed.
            result=results.get(quiz.id) if find_review_scope(quiz, now).score else None,
        )
        for quiz in visit.site.quizzes.values()
    ]


def describe_due(visit: Visit, name: str) -> str:
    """The student's own deadline, with what lateness costs once it has passed; empty where there is none."""
    policy = visit.site.settings.grading
    due = find_deadline(policy, name, visit.student) if visit.site.is_class else None
    if due is None:
        return ""
    late = policy.late
    passed = read_clock() > due
    text = f"{'was due' if passed else 'due'} {due:%Y-%m-%d %H:%M} (UTC{due:%z})"
    if not passed or not late.costs:
        return text
    cost = f"; each day late costs {100 * late.per_day:g} %" if late.per_day else ""
    return text + cost


def find_exercise(visit: Visit) -> Exercise:
    """The exercise of the address. Raises: PageError: there is none."""
    exercise = visit.site.exercises.get(visit.params["exercise"])
    if exercise is None:
        raise PageError(404, "This course has no such exercise.")
    return exercise


def show_exercise(visit: Visit) -> Response:
    """What an exercise asks for, and what the student has done about it so far."""
    exercise, site, student = find_exercise(visit), visit.site, visit.student
    is_student = visit.person is not None and visit.person.role == "student"
    opened = min(site.records.count_hints(student, exercise.id), len(exercise.hints))
    own = site.queue.list_submissions(student=student, exercise=exercise.id)
    return visit.render(
        "exercise.html",
        exercise=exercise,
        readme=render_readme(_read_text(visit, exercise, "README.md")),
        due=describe_due(visit, exercise.id),
        result=site.records.list_results(student).get(exercise.id) if is_student else None,
        attempts=describe_submissions(site, own),
        most=site.settings.grading.attempts.most if site.is_class else None,
        hints=exercise.hints[:opened],
        hints_left=len(exercise.hints) - opened,
        can_hand_in=is_student,
    )


def _read_text(visit: Visit, exercise: Exercise, name: str) -> str:
    try:
        return find_exercise_text(visit.site.course, exercise.id, name).read_text(encoding="utf-8")
    except OSError as error:
        raise PageError(404, f"This exercise has no {name}.") from error


def send_stub(visit: Visit) -> Response:
    """The stub as a file."""
    exercise = find_exercise(visit)
    return _send_file(_read_text(visit, exercise, "stub.py"), f"{exercise.id}.py", "text/x-python")


def send_notebook(visit: Visit) -> Response:
    """The exercise as a notebook."""
    exercise = find_exercise(visit)
    text = build_exercise_notebook(
        exercise.id, _read_text(visit, exercise, "README.md"), _read_text(visit, exercise, "stub.py")
    )
    return _send_file(text, f"{exercise.id}.ipynb", "application/x-ipynb+json")


def _send_file(text: str, name: str, kind: str) -> Response:
    # The name is the exercise's id, of which the course has only letters, digits and _.
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def open_hint(visit: Visit) -> Response:
    """Opens the next hint, unless the page was older than that."""
    exercise = find_exercise(visit)
    opened = visit.site.records.count_hints(visit.student, exercise.id)
    # A form that is sent twice opens one hint, not two.
    if visit.read_field("opened") == str(opened) and opened < len(exercise.hints):
        visit.site.records.note_hints(visit.student, exercise.id, opened + 1)
    return redirect(f"/exercises/{exercise.id}#hints")
