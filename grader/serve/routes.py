"""Every route of the site: its address, who may use it, and what answers it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from grader.serve import course_pages, quiz_pages, submission_pages
from grader.serve.gate import ANYBODY, STUDENT, Rule, Visit, answer_request, render_page
from grader.serve.shielding import Shield
from grader.serve.site import Site


def check_health(visit: Visit) -> Response:
    """Whether the server and its database answer."""
    visit.site.queue.find_submission(0)
    return PlainTextResponse("ok\n")


RULES = (
    Rule(path="/healthz", handle=check_health, roles=frozenset()),
    Rule(path="/assets/{name}", handle=course_pages.show_asset, roles=frozenset()),
    Rule(path="/enter/{link}", handle=course_pages.enter_site, roles=frozenset()),
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
)


def build_app(site: Site) -> Shield:
    """The application that answers all requests to a site."""

    @contextlib.asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(site.live.run())
        yield
        looking.cancel()

    routes = [Route(rule.path, _build_endpoint(site, rule), methods=[rule.method], name=rule.name) for rule in RULES]
    app = Starlette(
        routes=routes, lifespan=live, exception_handlers={404: _build_not_found(site), 405: _build_not_found(site)}
    )
    return Shield(app, site.metrics.note_request, site.hosts)


def _build_endpoint(site: Site, rule: Rule) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await answer_request(site, rule, request)

    return endpoint


def _build_not_found(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return render_page(
            site, None, None, "error.html", status, {"message": "There is no such page.", "status": status}
        )

    return answer
