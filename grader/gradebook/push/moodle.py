"""Moodle's web services, as its "API documentation" has them: POST /webservice/rest/server.php, answers in JSON.

mod_assign_get_assignments(courseids), core_enrol_get_enrolled_users(courseid), mod_assign_get_user_mappings(assignmentids),
mod_assign_get_grades(assignmentids), mod_assign_save_grade(assignmentid, userid, grade, …)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.errors import GraderError, UsageError
from grader.gradebook.push.plan import Assignment, Change, Person
from grader.gradebook.push.session import Session
from grader.messages.text import escape_line

TOKEN = "MOODLE_TOKEN"  # noqa: S105 - the variable's name
SERVICE = "/webservice/rest/server.php"
HTML = "1"  # Moodle's FORMAT_HTML; what is sent holds no markup
NEWEST = "-1"


def read_assignment(session: Session, course: int, assignment: int) -> Assignment:
    """The assignment with everybody's grade.

    Args:
        assignment: its id, or the number in its address (`id=…`).

    Raises:
        UsageError: the server refuses it, or the course has no such assignment.
        GraderError: an answer that isn't Moodle's.
    """
    try:
        known = _find_assignment(session, course, assignment)
        number = int(known["id"])
        mappings = _call(session, "mod_assign_get_user_mappings", {"assignmentids[0]": str(number)})
        # Worksheets name students by these numbers, so a gradebook may know them as "Participant 12".
        participants = {each["userid"]: each["id"] for each in _inner(mappings, "mappings")}
        grades = _call(session, "mod_assign_get_grades", {"assignmentids[0]": str(number)})
        scores = _newest(_inner(grades, "grades"))
        users = _call(session, "core_enrol_get_enrolled_users", {"courseid": str(course)})
        people = tuple(
            Person(
                user=int(user["id"]),
                ids=tuple(str(each) for each in (participants.get(user["id"]), *map(user.get, ("idnumber", "username", "email"))) if each),
                name=str(user.get("fullname", "")),
                score=scores.get(user["id"]),
            )
            for user in users
        )
        return Assignment(key=str(number), name=str(known["name"]), most=float(known["grade"]), people=people)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GraderError(f"{session.url}: the answer isn't as Moodle documents it") from error


def send_grade(session: Session, assignment: Assignment, change: Change, *, comments: bool) -> None:
    """One grade. Raises: as `read_assignment`."""
    fields = {
        "assignmentid": assignment.key,
        "userid": str(change.user),
        "grade": change.after,
        "attemptnumber": NEWEST,
        "addattempt": "0",
        "workflowstate": "",
        "applytoall": "0",
    }
    if comments and change.comment:
        # Feedback holds student text, which must not become markup in the teacher's browser.
        fields["plugindata[assignfeedbackcomments_editor][text]"] = change.comment.replace("&", "&amp;").replace("<", "&lt;")
        fields["plugindata[assignfeedbackcomments_editor][format]"] = HTML
    _call(session, "mod_assign_save_grade", fields)


def _find_assignment(session: Session, course: int, assignment: int) -> Any:
    answer = _call(session, "mod_assign_get_assignments", {"courseids[0]": str(course)})
    for each in (item for found in answer["courses"] for item in found["assignments"]):
        if assignment in (each["id"], each.get("cmid")):
            if not float(each["grade"]) > 0:
                raise UsageError(f"{session.url}: the assignment is graded by a scale, not by points; change that in Moodle")
            return each
    raise UsageError(f"{session.url}: course {course} has no assignment {assignment}")


def _inner(answer: Any, name: str) -> Iterator[Any]:
    return (item for found in answer["assignments"] for item in found[name])


def _newest(grades: Iterator[Any]) -> dict[int, float]:
    """Of each user the newest attempt's grade; Moodle says -1 for none."""
    found: dict[int, tuple[int, float]] = {}
    for each in grades:
        attempt, grade = int(each.get("attemptnumber", 0)), float(each["grade"] or -1)
        if attempt >= found.get(each["userid"], (-1, 0.0))[0]:
            found[each["userid"]] = (attempt, grade)
    return {user: grade for user, (_, grade) in found.items() if grade >= 0}


def _call(session: Session, function: str, fields: Mapping[str, str]) -> Any:
    form = {"wstoken": session.token, "wsfunction": function, "moodlewsrestformat": "json", **fields}
    # Moodle takes the token in the form; in the address it would end up in server logs.
    body = session.send("POST", SERVICE, form, bearer=False).body
    if isinstance(body, dict) and "exception" in body:
        # An error message may repeat the request, and with it the token.
        said = escape_line(str(body.get("message", body.get("errorcode", ""))).replace(session.token, "…"), 200)
        raise UsageError(f"{session.url}: {function}: {said}")
    return body
