"""Nobody sees or changes what isn't theirs: every route of the application with every role, and every way round the doors."""

import asyncio
import itertools
import re
from dataclasses import replace

import pytest
from serve_samples import HOST, PEOPLE, open_browser
from starlette.requests import Request

from grader.serve import gate
from grader.serve.people import Session
from grader.serve.routes import RULES, build_app
from grader.serve.shielding import CONTENT_POLICY, HEADERS
from grader.serve.sign_ins import AttemptSigner, SignIn, SignInError, UsedStates
from grader.serve.uploads import UploadLimits

ROLES = {"stranger": None, "student": "bob", "assistant": "asta", "instructor": "ines"}
PARAMS = {
    "exercise": "output_shapes",
    "quiz": "warmup",
    "position": "1",
    "attempt": "1",
    "link": "x",
    "format": "csv",
}
# These decide by themselves, and have tests of their own.
OWN_DOORS = ("/enter/{link}", "/metrics", "/sign-in/back")


def list_routes(site):
    """The application's own, so that none can be forgotten here."""
    return [(route.path, method) for route in build_app(site).routes for method in route.methods if method != "HEAD"]


def find_rule(path, method):
    return next(rule for rule in RULES if (rule.path, rule.method) == (path, method))


def fill_in(path, number):
    name = "output_shapes" if path.startswith("/review") else "serve.css"
    return path.format_map({**PARAMS, "name": name, "number": str(number)})


@pytest.fixture
def adas(ada):
    """A submission of another student than the one who asks."""
    return ada.hand_in()


def send(browser, path, method):
    return browser.get(path) if method == "GET" else browser.post(path)


class AwayProvider:
    """Where people could sign in, if it answered."""

    name, logout_address = "Example", ""

    def build_address(self, _attempt):
        return "https://login.example.test/authorize"

    def find_id(self, _attempt, _answer):
        raise SignInError("no_answer", "It doesn't answer now.")


@pytest.fixture(params=[False, True], ids=["links", "sign-in"])
def any_site(site, request):
    """A class with personal links only, and one that also signs in elsewhere."""
    signer, used = AttemptSigner("x"), UsedStates(site.queue._engine, site.book.shown)
    return replace(site, sign_in=SignIn(provider=AwayProvider(), signer=signer, used=used)) if request.param else site


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_it_names_and_nobody_else(any_site, adas, role):
    """Strangers learn nothing but that they are strangers; of another's work not even that it is there."""
    site = any_site
    for path, method in list_routes(site):
        rule, browser = find_rule(path, method), open_browser(site, ROLES[role])
        # A live view doesn't end by itself, and has a test of its own.
        if path.endswith("/events") and role in rule.roles and role != "student":
            continue
        status = send(browser, fill_in(path, adas), method).status_code
        if rule.roles and role == "stranger":
            assert (path, status) == (path, 401)
        elif rule.roles and role not in rule.roles:
            assert (path, status) == (path, 403)
        elif "{number}" in path and role == "student":
            assert (path, status) == (path, 404)
        elif path not in OWN_DOORS:
            assert status not in (401, 403), path
        assert status < 500, path


def test_the_rules_are_the_routes(site):
    """What the test above goes through is what is served; only few of them are for everybody."""
    assert sorted(list_routes(site)) == sorted((rule.path, rule.method) for rule in RULES)
    assert {rule.path for rule in RULES if not rule.roles} == {"/healthz", "/assets/{name}", "/sign-in", *OWN_DOORS}


def test_each_changing_route_needs_the_word_of_the_session(site, adas):
    """Without it, with another session's, from another site, or with an origin that is hidden: nothing is done."""
    for rule in RULES:
        if rule.method != "POST":
            continue
        browser = open_browser(site, "ada" if "student" in rule.roles else "ines")
        path, own = fill_in(rule.path, adas), {"csrf": browser.session.csrf}
        foreign = [
            {"Origin": "https://evil.test"},
            {"Origin": "null"},
            {"Origin": "http://["},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ]
        answers = [browser.client.post(path, data=own, headers=headers, follow_redirects=False) for headers in foreign]
        answers += [
            browser.client.post(path, data=word, follow_redirects=False) for word in ({}, {"csrf": "x"}, {"csrf": "ü"})
        ]
        assert [answer.status_code for answer in answers] == [403] * 8, rule.path
    assert len(site.queue.list_submissions()) == 1


def test_a_student_finds_only_their_own_submissions(site, adas, ada):
    """By any number; an instructor finds all."""
    bob, ines = open_browser(site, "bob"), open_browser(site, "ines")

    assert ada.get(f"/submissions/{adas}").status_code == 200
    assert ines.get(f"/submissions/{adas}").status_code == 200
    for number in (str(adas), "0", "-1", "99", "1e1", "9" * 40, "%2e%2e", "１"):
        assert bob.get(f"/submissions/{number}").status_code == 404, number


def test_every_answer_forbids_what_pages_needn_t_do(site, ada):
    """Pages, files, redirects, refusals, addresses that don't exist: no script but ours, no frame, nothing kept."""
    paths = [
        "/",
        "/exercises/pooling",
        "/exercises/pooling/stub.py",
        "/nothing",
        "/exercises/nothing",
        "/assets/serve.js",
        "/submissions/77",
    ]
    answers = [ada.get(path) for path in paths] + [
        open_browser(site).get("/"),
        ada.post("/"),
        ada.hand_in and ada.post("/leave"),
    ]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "unsafe" not in answer.headers["Content-Security-Policy"] == CONTENT_POLICY
        assert answer.headers["Cache-Control"] == ("max-age=300" if "assets" in str(answer.url) else "no-store")


@pytest.mark.parametrize(
    "name", ["evil.test", "course.test.evil.test", "", "127.0.0.1", "[::1]", "course.test@evil.test"]
)
def test_a_page_of_another_name_gets_nothing(site, name):
    """Another name may have been made to lead here, and its pages could then read ours."""
    answer = open_browser(site, "ada").get("/", headers={"Host": name})

    assert (answer.status_code, "Exercises" in answer.text) == (421, False)


def test_a_port_or_capitals_in_the_name_make_no_difference(site):
    assert open_browser(site, "ada").get("/", headers={"Host": f"{HOST.upper()}:8765"}).status_code == 200


@pytest.mark.parametrize("secure", [True, False])
def test_a_link_signs_in_once_for_all(make_site, secure):
    """By a cookie that no script reads, that no other site's forms send, and that goes over HTTPS only where there is one."""
    site = make_site(secure=secure)
    browser = open_browser(site)
    answer = browser.get(f"/enter/{site.signer.sign_link(PEOPLE[0])}")
    cookie = answer.headers["set-cookie"]

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie, cookie.startswith("__Host-")) == (secure, secure)
    assert "Ada" in browser.get("/").text


def test_forged_links_and_cookies_are_nobody_s(site):
    """Changed, cut, of another purpose, of another secret, or empty."""
    link = site.signer.sign_link(PEOPLE[3])
    session = site.signer.sign_session(Session(person="ines", generation=0, csrf="x"))
    for text in (link[:-1], link[1:], link + "x", session, "x", "a.b.c", "%00", "null"):
        assert open_browser(site).get(f"/enter/{text}").status_code in (403, 404), text
    for text in (session[:-2], link, "", "x" * 5000, "ünicode".encode().decode("latin-1")):
        browser = open_browser(site)
        answer = browser.client.get(
            "/", headers={"Cookie": f"{site.cookie_name}={text}".encode("latin-1")}, follow_redirects=False
        )
        assert answer.status_code == 401, text


def test_taking_access_back_ends_links_and_sessions(site, ada):
    """At once; a new generation lets in by the new link only."""
    link, people = site.signer.sign_link(PEOPLE[0]), site.access._people
    people.change_access("ada", revoked=True)
    assert ada.get("/").status_code == 401
    assert open_browser(site).get(f"/enter/{link}").status_code == 403
    people.change_access("ada", revoked=False)
    assert open_browser(site).get(f"/enter/{link}").status_code == 403

    assert open_browser(site).get(f"/enter/{site.signer.sign_link(people.find_person('ada'))}").status_code == 303


def test_a_link_of_somebody_else_changes_no_session(site, ada):
    """A student who is sent another's link goes on as themselves."""
    answer = ada.get(f"/enter/{site.signer.sign_link(PEOPLE[1])}")

    assert (answer.status_code, "set-cookie" in answer.headers) == (409, False)
    assert "Ada" in ada.get("/").text


def test_servers_on_one_machine_keep_apart_who_signed_in(site):
    """Browsers send a cookie to every port of a host; behind one HTTPS address several processes share it."""
    names = [replace(site, port=port, secure=secure).cookie_name for secure in (False, True) for port in (8765, 8766)]

    assert names[0] != names[1]
    assert names[2] == names[3]


def test_signing_out_ends_the_session_in_this_browser(site, ada):
    answer = ada.post("/leave")

    assert f"{site.cookie_name}=" in answer.headers["set-cookie"]
    assert ada.get("/").status_code == 401


def test_the_token_is_the_only_way_to_a_learner_s_site(learner):
    site, token = learner

    assert open_browser(site).get(f"/enter/{token}").status_code == 303
    for text in (token[:-1], token.swapcase(), token + "x", "ü"):
        assert open_browser(site).get(f"/enter/{text}").status_code == 403


def ask(site, headers, chunks, path="/exercises/pooling/submissions"):
    """One request as a server would hand it on; returns the status, and how many chunks were read."""
    read, sent = [], []
    coming = iter(chunks)

    async def receive():
        body = next(coming, None)
        read.append(body)
        return {"type": "http.request", "body": body or b"", "more_body": body is not None}

    async def note(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": (HOST, 80),
        "headers": [(b"host", HOST.encode()), *headers],
    }  # fmt: skip
    asyncio.run(build_app(site)(scope, receive, note))
    return sent[0]["status"], len(read)


def test_what_is_too_large_isn_t_read(site, ada):
    """By what it says of its length; and whatever it says, no more than the limit comes in."""
    cookie = (b"cookie", f"{site.cookie_name}={ada.client.cookies[site.cookie_name]}".encode())
    form = (b"content-type", b"multipart/form-data; boundary=x")
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.py"\r\n\r\n'
    endless = itertools.chain([head], itertools.repeat(b"#" * 1_000_000))

    assert ask(site, [cookie, form, (b"content-length", b"50200000")], []) == (413, 0)
    status, read = ask(site, [cookie, form], endless)
    assert (status, 45 < read < 55) == (413, True)
    status, read = ask(
        site,
        [cookie, form, (b"content-length", b"10")],
        itertools.chain([head], itertools.repeat(b"#" * 40_000)),
        "/quizzes/warmup/answers",
    )
    assert (status, read) == (413, 3)


def test_one_person_sends_two_files_at_a_time(site, ada):
    """A third one is told to wait before it is read; another person's, and a small form, aren't held up."""
    rules = {rule.path: rule for rule in RULES if rule.method == "POST"}
    uploads, read = UploadLimits(), []

    async def receive():
        read.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(path, browser):
        cookie = f"{site.cookie_name}={browser.client.cookies[site.cookie_name]}".encode()
        headers = [(b"host", HOST.encode()), (b"cookie", cookie), (b"content-type", b"multipart/form-data; boundary=x")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "headers": headers,
            "path_params": PARAMS,
        }
        return (await gate.answer_request(site, rules[path], uploads, Request(scope, receive))).status_code

    async def play():
        with uploads.count_person("ada"), uploads.count_person("ada"):
            third = await send("/exercises/{exercise}/submissions", ada)
            seen = len(read)
            return third, seen, await send("/exercises/{exercise}/submissions", open_browser(site, "bob"))

    third, seen, other = asyncio.run(play())

    assert (third, seen) == (429, 0)
    assert other != 429
    assert len(read) == 1


def test_of_strangers_nothing_is_read(site):
    """Nor of those who may not send it."""
    form = (b"content-type", b"multipart/form-data; boundary=x")
    asta = open_browser(site, "asta").client.cookies[site.cookie_name]

    assert ask(site, [form], [b"x"]) == (401, 0)
    assert ask(site, [form, (b"cookie", f"{site.cookie_name}={asta}".encode())], [b"x"]) == (403, 0)


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n\r\n--x--", b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n"]
)
def test_a_form_that_can_t_be_read_is_refused(site, ada, body):
    answer = ada.client.post(
        "/exercises/pooling/submissions", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert answer.status_code in (400, 403)


def test_a_fault_of_ours_tells_nothing_of_itself(site, ada):
    """A page with a number, under which the log has the rest."""
    site.queue._engine.dispose()
    site.queue._engine = None
    answer = ada.get("/exercises/pooling")

    assert answer.status_code == 500
    assert "fault" in answer.text
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text


def test_what_is_wrong_with_a_key_is_for_staff(site, ada):
    """A student's page has a number; the message has the key's content."""
    ada.post("/quizzes/warmup/attempts")
    ada.post("/quizzes/warmup/hand-in", {"attempt": "1"})
    key = site.course.solutions / "quizzes" / "warmup.yaml"
    key.write_text(key.read_text().replace('"31415"', '"SECRET-NUMBER"'))
    answer, told = ada.get("/quizzes/warmup/attempts/1"), open_browser(site, "ines").get("/review/items/warmup")

    assert (answer.status_code, told.status_code) == (500, 409)
    assert "SECRET-NUMBER" in told.text
    assert "SECRET" not in answer.text
    assert "solutions" not in answer.text


def test_strangers_learn_nothing_of_a_database_that_fails(site):
    """Not where it is, either."""
    with site.queue._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE grade_serve_submissions")
    answer = open_browser(site).get("/healthz")

    assert answer.status_code == 500
    assert "gradebook.db" not in answer.text


def test_the_log_of_a_database_that_fails_names_nobody(site, ada, caplog):
    """One line for each request, with the number that the page has."""
    with site.queue._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE grade_serve_submissions")
    answer = ada.get("/exercises/pooling")
    (line,) = [record.getMessage() for record in caplog.records if "fault" in record.getMessage()]

    assert answer.status_code == 500
    assert re.search(r"fault (\w+)", line)[1] in answer.text
    assert "grade_serve_submissions" in line
    assert "ada" not in caplog.text.replace("database", "").lower()
    assert "Traceback" not in caplog.text


def test_no_role_is_without_a_meaning():
    """Each set of roles in the rules is one of the named ones."""
    assert {rule.roles for rule in RULES} <= {frozenset(), gate.ANYBODY, gate.STUDENT, gate.STAFF, gate.INSTRUCTOR}
