"""Handing in, watching the training, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from msgspec import Struct, structs
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from grader.gradebook import Gradebook, VerdictFigures
from grader.gradebook.pages import decode_source
from grader.records.verdict import Verdict
from grader.reports.html import render_body, render_live_body
from grader.reports.maps import find_activations
from grader.reports.reading import describe_first_task
from grader.serve.gate import STAFF, PageError, Visit, redirect
from grader.serve.live import LiveState
from grader.serve.progress import decode_progress
from grader.serve.rendering import format_wait
from grader.serve.site import Site, read_clock
from grader.serve.submissions import QueuedSubmission, QueuePlace, SubmissionQueue
from grader.submission.record import MAX_BYTES, MAX_NOTEBOOK_BYTES

MAX_UPLOAD_BYTES = MAX_NOTEBOOK_BYTES + 100_000
REFRESH_S = 5
LIVE_TITLES = {"waiting": "Waiting to be graded", "running": "Being graded", "done": "Graded", "failed": "Not graded"}
STATE_WORDS = {"waiting": "waiting", "running": "being graded", "failed": "not graded"}


class AttemptLine(Struct, frozen=True, kw_only=True):
    """One submission in a list: when it came and what became of it."""

    number: int
    came: datetime
    status: str
    words: str


def hand_in(visit: Visit) -> Response:
    """Stores a file or pasted code; the answer comes when it is in the database."""
    exercise = visit.site.exercises.get(visit.params["exercise"])
    if exercise is None:
        raise PageError(404, "This course has no such exercise.")
    came = read_clock()
    suffix, source = _read_work(visit)
    number = visit.site.queue.add_submission(visit.student, exercise.id, suffix, source, came)
    return redirect(f"/submissions/{number}")


def _read_work(visit: Visit) -> tuple[str, bytes]:
    """The suffix and the bytes of what was sent. Raises: PageError: nothing was."""
    if visit.upload is not None:
        # Of the name only the kind is used: what is graded is called after the exercise.
        return ".ipynb" if visit.upload[0].lower().endswith(".ipynb") else ".py", visit.upload[1]
    pasted = visit.read_field("code")
    if not pasted.strip():
        raise PageError(422, "Nothing was handed in: choose a file, or paste your code.")
    if len(pasted) > MAX_BYTES:
        raise PageError(413, f"That is too large: at most {MAX_BYTES // 1_000_000} MB of code can be pasted.")
    # Browsers send CR LF, and a file that was pasted twice should be the same file.
    return ".py", pasted.replace("\r\n", "\n").encode("utf-8", "replace")


def find_submission(visit: Visit) -> QueuedSubmission:
    """The submission of the address. Raises: PageError: there is none, or it is another student's."""
    found = visit.site.queue.find_submission(visit.read_number("number"))
    is_staff = visit.person is not None and visit.person.role in STAFF
    # The same answer for both: which numbers there are is nobody's business.
    if found is None or (found.student != visit.student and not is_staff):
        raise PageError(404, "There is no such submission.")
    return found


def show_submission(visit: Visit) -> Response:
    """The place in the queue, the running training, or the verdict."""
    found = find_submission(visit)
    site = visit.site
    exercise = site.exercises.get(found.exercise)
    shared: dict[str, Any] = {
        "found": found,
        "title": exercise.title if exercise else found.exercise,
        "came": found.came,
    }
    if not found.is_over:
        state = look_up_states(site.queue, site.at_once, [found.number])[found.number]
        return visit.render("waiting.html", live=Markup(state.html), heading=state.title, refresh_s=REFRESH_S, **shared)  # noqa: S704 - made by templates
    body = render_verdict(site, found)
    others = site.queue.list_submissions(student=found.student, exercise=found.exercise)
    return visit.render("submission.html", body=body, attempts=describe_submissions(site, others), **shared)


def render_verdict(site: Site, found: QueuedSubmission) -> Markup | None:
    """The verdict as the report has it; None where the gradebook has none (any more)."""
    figures = find_figures(site.book, found)
    if figures is None:
        return None
    documents = dict(site.book.iter_documents([figures.key]))[figures.key]
    verdict = documents.read_verdict()
    source = None if documents.source is None else decode_source(documents.source, verdict)
    # The path holds an id, and the reader knows whose file it is.
    named = structs.replace(verdict, submission=structs.replace(verdict.submission, path=found.exercise + found.suffix))
    return render_body(
        named, source, find_activations(documents.read_runs() or []), next_step=_describe_next_step(verdict)
    )


def _describe_next_step(verdict: Verdict) -> str:
    """What to do now, on a page."""
    if verdict.status == "passed":
        return "the course’s page shows the other exercises."
    if verdict.status == "error":
        return "nothing, for now: your file is kept, and can be graded once more."
    return describe_first_task(verdict, "hand in the file again")


def find_figures(book: Gradebook, found: QueuedSubmission) -> VerdictFigures | None:
    """What the gradebook has of a submission: by the file, so that a regrade's verdict is found, too."""
    own = book.list_figures(found.exercise, student=found.student)
    return next((one for one in own if one.sha256 == found.sha256), None)


def describe_submissions(site: Site, found: Sequence[QueuedSubmission]) -> list[AttemptLine]:
    """A student's submissions for an exercise, the last one first."""
    if not found:
        return []
    figures = {one.sha256: one for one in site.book.list_figures(found[0].exercise, student=found[0].student)}
    return [_describe_submission(one, figures.get(one.sha256)) for one in reversed(found)]


def _describe_submission(one: QueuedSubmission, figures: VerdictFigures | None) -> AttemptLine:
    status, words = "skipped", STATE_WORDS.get(one.state, "graded")
    if one.state == "failed":
        status = "error"
    elif one.state == "done" and figures is not None:
        status = figures.status
        words = "the grader failed" if status == "error" else f"{figures.score:g}/{figures.max_score:g} points"
    return AttemptLine(number=one.number, came=one.came.astimezone(UTC), status=status, words=words)


async def stream_events(visit: Visit) -> Response:
    """The live view of a submission, as server-sent events."""
    found = await run_in_threadpool(find_submission, visit)
    live, stopping = visit.site.live, visit.site.stopping
    if not live.can_watch(visit.student):
        raise PageError(429, "Too many pages of yours are watching trainings; close some of them.")
    events = live.stream(found.number, visit.student, stopping.is_set)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def look_up_states(queue: SubmissionQueue, at_once: int, numbers: Sequence[int]) -> dict[int, LiveState]:
    """What live views of these submissions show now."""
    states = queue.read_progress(numbers)
    places = queue.read_places(at_once) if any(state == "waiting" for state, _ in states.values()) else {}
    made = {}
    for number, (state, body) in states.items():
        html = _render_place(places.get(number)) if state == "waiting" else _render_progress(body)
        made[number] = LiveState(title=LIVE_TITLES[state], html=str(html), is_over=state in ("done", "failed"))
    return made


def _render_place(place: QueuePlace | None) -> Markup:
    if place is None or not place.before:
        return Markup("<p>It is next.</p>")
    before = f"{place.before} submission{'s' * (place.before != 1)}"
    wait = (
        f" That takes {format_wait(place.wait_s)}."
        if place.wait_s is not None
        else " How long that takes isn't known yet."
    )
    return Markup("<p>{} before it.{}</p>").format(f"{before} {'is' if place.before == 1 else 'are'}", wait)


def _render_progress(body: str) -> Markup:
    told = decode_progress(body)
    if told is None:
        return Markup("<p>starting …</p>")
    if told.record is None:
        return Markup("<p>{}</p>").format(told.text)
    return render_live_body("", told.text, told.record, told.line)
