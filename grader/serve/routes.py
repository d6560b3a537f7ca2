"""Every route of the site: its address, who may use it, and what answers it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from grader.serve import class_pages, course_pages, quiz_pages, review_pages, sign_in_pages, submission_pages
from grader.serve.gate import ANYBODY, INSTRUCTOR, STAFF, STUDENT, PageError, Rule, Visit, answer_request, render_page
from grader.serve.shielding import Shield
from grader.serve.site import Site
from grader.serve.uploads import UploadLimits


def send_metrics(visit: Visit) -> Response:
    """Counters for Prometheus: for instructors, and for programs that know the word."""
    site = visit.site
    knows = bool(site.metrics_token) and secrets.compare_digest(visit.bearer.encode(), site.metrics_token.encode())
    if not knows and (visit.person is None or visit.person.role != "instructor"):
        raise PageError(401 if visit.person is None else 403, "This page isn't for you.")
    counts = site.queue.count_states()
    gauges = {
        **{f"submissions_{state}": float(count) for state, count in counts.items()},
        "live_views": float(site.live.stream_count),
    }
    return PlainTextResponse(site.metrics.render_text(gauges))


def check_health(visit: Visit) -> Response:
    """Whether the server and its database answer."""
    visit.site.queue.find_submission(0)
    return PlainTextResponse("ok\n")


RULES = (
    Rule(path="/healthz", handle=check_health, roles=frozenset()),
    Rule(path="/metrics", handle=send_metrics, roles=frozenset()),
    Rule(path="/assets/{name}", handle=course_pages.show_asset, roles=frozenset()),
    Rule(path="/enter/{link}", handle=course_pages.enter_site, roles=frozenset()),
    Rule(path=sign_in_pages.START_PATH, handle=sign_in_pages.begin_sign_in, roles=frozenset()),
    Rule(path=sign_in_pages.BACK_PATH, handle=sign_in_pages.end_sign_in, roles=frozenset()),
    Rule(path="/leave", handle=course_pages.leave_site, roles=ANYBODY, method="POST"),
    Rule(path="/", handle=course_pages.show_course, roles=ANYBODY),
    Rule(path="/exercises/{exercise}", handle=course_pages.show_exercise, roles=ANYBODY),
    Rule(path="/exercises/{exercise}/stub.py", handle=course_pages.send_stub, roles=ANYBODY),
    Rule(path="/exercises/{exercise}/notebook.ipynb", handle=course_pages.send_notebook, roles=ANYBODY),
    Rule(path="/exercises/{exercise}/hints", handle=course_pages.open_hint, roles=STUDENT, method="POST"),
    Rule(
        path="/exercises/{exercise}/submissions",
        handle=submission_pages.hand_in,
        roles=STUDENT,
        method="POST",
        max_body=submission_pages.MAX_UPLOAD_BYTES,
    ),
    Rule(path="/submissions/{number}", handle=submission_pages.show_submission, roles=ANYBODY),
    Rule(path="/submissions/{number}/events", handle=submission_pages.stream_events, roles=ANYBODY),
    Rule(path="/quizzes/{quiz}", handle=quiz_pages.show_quiz, roles=STUDENT),
    Rule(path="/quizzes/{quiz}/attempts", handle=quiz_pages.begin_attempt, roles=STUDENT, method="POST"),
    Rule(path="/quizzes/{quiz}/questions/{position}", handle=quiz_pages.show_question, roles=STUDENT),
    Rule(path="/quizzes/{quiz}/answers", handle=quiz_pages.save_answer, roles=STUDENT, method="POST"),
    Rule(path="/quizzes/{quiz}/review", handle=quiz_pages.show_review, roles=STUDENT),
    Rule(path="/quizzes/{quiz}/hand-in", handle=quiz_pages.hand_in_quiz, roles=STUDENT, method="POST"),
    Rule(path="/quizzes/{quiz}/attempts/{attempt}", handle=quiz_pages.show_attempt, roles=STUDENT),
    Rule(path="/quizzes/{quiz}/attempts/{attempt}/answers.json", handle=quiz_pages.send_answers, roles=STUDENT),
    Rule(path="/class", handle=class_pages.show_class, roles=STAFF),
    Rule(path="/class/student", handle=class_pages.show_student, roles=STAFF),
    Rule(path="/class/verdict", handle=class_pages.show_verdict, roles=STAFF),
    Rule(path="/class/comments", handle=class_pages.save_comment, roles=STAFF, method="POST"),
    Rule(path="/class/corrections", handle=class_pages.save_correction, roles=INSTRUCTOR, method="POST"),
    Rule(path="/exports/{format}", handle=class_pages.send_export, roles=INSTRUCTOR),
    Rule(path="/machine", handle=class_pages.show_machine, roles=STAFF),
    Rule(path="/submissions/{number}/again", handle=class_pages.requeue_submission, roles=STAFF, method="POST"),
    Rule(path="/review/regrade/{name}", handle=review_pages.show_regrade, roles=INSTRUCTOR),
    Rule(path="/review/regrade/{name}", handle=review_pages.apply_regrade, roles=INSTRUCTOR, method="POST"),
    Rule(path="/review/similar/{name}", handle=review_pages.show_similar, roles=STAFF),
    Rule(path="/review/pair", handle=review_pages.show_pair, roles=STAFF),
    Rule(path="/review/items/{name}", handle=review_pages.show_items, roles=STAFF),
)


def build_app(site: Site) -> Shield:
    """The application that answers all requests to a site."""

    @contextlib.asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(site.live.run())
        yield
        looking.cancel()

    uploads = UploadLimits()
    routes = [
        Route(rule.path, _build_endpoint(site, rule, uploads), methods=[rule.method], name=rule.name) for rule in RULES
    ]
    app = Starlette(
        routes=routes, lifespan=live, exception_handlers={404: _build_not_found(site), 405: _build_not_found(site)}
    )
    return Shield(app, site.metrics.note_request, site.hosts)


def _build_endpoint(site: Site, rule: Rule, uploads: UploadLimits) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await answer_request(site, rule, uploads, request)

    return endpoint


def _build_not_found(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return render_page(
            site, None, None, "error.html", status, {"message": "There is no such page.", "status": status}
        )

    return answer
