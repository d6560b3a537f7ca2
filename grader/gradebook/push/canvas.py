"""Canvas's REST interface, as its documentation "Submissions" and "Assignments" has it.

GET /api/v1/courses/:course_id/assignments/:id
GET /api/v1/courses/:course_id/assignments/:assignment_id/submissions?include[]=user&per_page=100, page after page
PUT /api/v1/courses/:course_id/assignments/:assignment_id/submissions/:user_id, submission[posted_grade]=…
"""

from __future__ import annotations

import math
import re
from typing import Any

from grader.errors import GraderError
from grader.gradebook.push.plan import Assignment, Change, Person
from grader.gradebook.push.session import Session

TOKEN = "CANVAS_TOKEN"  # noqa: S105 - the variable's name
MAX_PAGES = 1000
NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')


def read_assignment(session: Session, course: int, assignment: int) -> Assignment:
    """The assignment with everybody's score.

    Raises:
        UsageError: the server refuses it.
        GraderError: an answer that isn't Canvas's.
    """
    base = f"/api/v1/courses/{course}/assignments/{assignment}"
    known = session.send("GET", base).body
    most = known.get("points_possible") if isinstance(known, dict) else None
    if not isinstance(most, int | float) or not 0 < most < math.inf:
        raise GraderError(f"{session.url}: the assignment has no possible points; set them in Canvas")
    people: list[Person] = []
    url: str | None = f"{base}/submissions?include[]=user&per_page=100"
    # Bounded, since the next page's address comes from the server.
    for _ in range(MAX_PAGES):
        if url is None:
            break
        answer = session.send("GET", url)
        people += [_read_person(each) for each in answer.body or []]
        found = NEXT.search(answer.headers.get("link", ""))
        url = found[1] if found else None
    return Assignment(key=base, name=str(known.get("name", "")), most=float(most), people=tuple(people))


def send_grade(session: Session, assignment: Assignment, change: Change, *, comments: bool) -> None:
    """One grade. Raises: as `read_assignment`."""
    fields = {"submission[posted_grade]": change.after}
    if comments and change.comment:
        fields["comment[text_comment]"] = change.comment
    session.send("PUT", f"{assignment.key}/submissions/{change.user}", fields)


def _read_person(submission: Any) -> Person:
    try:
        user = submission.get("user") or {}
        number = int(submission["user_id"])
        score = submission.get("score")
        ids = (str(number), user.get("sis_user_id"), user.get("login_id"), user.get("email"))
        return Person(
            user=number,
            ids=tuple(str(each) for each in ids if each),
            name=str(user.get("name", "")),
            score=None if score is None else float(score),
            excused=bool(submission.get("excused")),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GraderError("the server's list of submissions isn't as Canvas documents it") from error
