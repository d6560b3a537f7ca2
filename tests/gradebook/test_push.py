"""Grades into Canvas and Moodle: against a server of our own that answers as their documentation says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from gradebook_samples import EXERCISE, graded

from grader import cli
from grader.errors import GraderError, UsageError
from grader.gradebook import Gradebook
from grader.gradebook.push import canvas
from grader.gradebook.push.session import Session

TOKEN = "secret-token-123"


class Lms(BaseHTTPRequestHandler):
    """Canvas's pages of two, and Moodle's functions; remembers every request."""

    def log_message(self, *args):
        pass

    def answer(self, body, code=200, **headers):
        data = json.dumps(body).encode() if not isinstance(body, bytes) else body
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        state = self.server.state
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        parts = urlsplit(self.path)
        state["requests"].append((self.command, self.path, form, self.headers.get("Authorization")))
        if state["faults"]:
            code, body, headers = state["faults"].pop(0)
            return self.answer(body, code, **headers)
        if parts.path == "/webservice/rest/server.php":
            return self.answer(moodle_says(state, form))
        return self.canvas(parts, form, state)

    def canvas(self, parts, form, state):
        base = "/api/v1/courses/12/assignments/345"
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"errors": "no"}, 401)
        if self.command == "GET" and parts.path == base:
            return self.answer({"id": 345, "name": "Dense layers", "points_possible": 10.0})
        if self.command == "GET" and parts.path == f"{base}/submissions":
            page = int(dict(parse_qsl(parts.query)).get("page", 1))
            people = state["people"][2 * page - 2 : 2 * page]
            more = f'<http://{self.headers["Host"]}{parts.path}?page={page + 1}>; rel="next"' if state["people"][2 * page :] else ""
            return self.answer(people, Link=more)
        if self.command == "PUT" and parts.path.startswith(f"{base}/submissions/"):
            user = int(parts.path.rpartition("/")[2])
            next(each for each in state["people"] if each["user_id"] == user)["score"] = float(form["submission[posted_grade]"])
            return self.answer({"user_id": user})
        return self.answer({"errors": "not found"}, 404)

    do_GET = do_PUT = do_POST = handle_any


def moodle_says(state, form):
    if form["wstoken"] != TOKEN:
        return {"exception": "moodle_exception", "errorcode": "invalidtoken", "message": f"Invalid token {form['wstoken']}"}
    match form["wsfunction"]:
        case "mod_assign_get_assignments":
            return {"courses": [{"id": 12, "assignments": [{"id": 77, "cmid": 345, "name": "Dense layers", "grade": 20}]}]}
        case "mod_assign_get_user_mappings":
            return {"assignments": [{"assignmentid": 77, "mappings": [{"id": 1001, "userid": 1}, {"id": 1002, "userid": 2}]}]}
        case "mod_assign_get_grades":
            return {"assignments": [{"assignmentid": 77, "grades": [
                {"userid": user, "grade": f"{grade:.5f}", "attemptnumber": 0} for user, grade in state["grades"].items()]}]}  # fmt: skip
        case "core_enrol_get_enrolled_users":
            return [
                {"id": 1, "username": "ada", "fullname": "Ada L", "email": "ada@x.org", "idnumber": ""},
                {"id": 2, "username": "bo", "fullname": "Bo B", "email": "bo@x.org", "idnumber": "S2"},
            ]
        case "mod_assign_save_grade":
            state["grades"][int(form["userid"])] = float(form["grade"])
            return None


def person(number, name, score=None, **fields):
    user = {"id": number, "name": name, "sis_user_id": f"S{number}", "login_id": name.split()[0].lower()}
    return {"user_id": number, "score": score, "excused": False, "user": user, **fields}


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Lms)
    found.state = {
        "requests": [], "faults": [], "grades": {2: 20.0},
        "people": [person(1, "Ada L"), person(2, "Bo B", 9.0), person(3, "Cy C", 6.0), person(4, "Dee D", excused=True), person(5, "Eve E")],
    }  # fmt: skip
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{found.server_port}"
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def push(tmp_path, monkeypatch, server, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quizzes").mkdir()
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))
    for name in ("CANVAS_TOKEN", "MOODLE_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    book = Gradebook.open("sqlite:///gradebook.db")
    for student, points, name in (("1", (60.0, 40.0), "Ada L"), ("bo", (60.0, 0.0), ""), ("S3", (60.0, 0.0), ""),
                                  ("4", (60.0, 0.0), ""), ("5", (60.0, 0.0), "Zoe Zorn"), ("nobody", (60.0, 0.0), "")):  # fmt: skip
        book.record_verdict(EXERCISE, student, graded(points, sha256=student), name=name)
    book.close()

    def run(host, *args):
        code = cli.run_command_line(["push", host, "exercise1", "--url", server.url, "--course-id", "12", "--assignment-id", "345", *args])
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        return code, out, err

    return run


def sent(server):
    return [(path, form) for method, path, form, _ in server.state["requests"] if method == "PUT"]


def test_canvas_dry_run_shows_who_would_get_what(push, server):
    """And what is there; nothing is sent; every request is one of the documentation's."""
    code, out, _ = push("canvas", "--dry-run")

    assert code == 2
    assert out.splitlines()[0] == "Dense layers (10 points)"
    shown = [text.split() for text in out.splitlines()[1:-1]]
    assert shown[0] == ["1", "Ada", "L", "–", "→", "10"]
    assert shown[3][:6] == ["bo", "Bo", "B", "9", "↛", "6"]
    assert out.splitlines()[-1].startswith("1 to send; 1 there already; 1 lower than what is there; --lower sends them, too; 1 excused")
    assert [(method, path) for method, path, _, _ in server.state["requests"]] == [
        ("GET", "/api/v1/courses/12/assignments/345"),
        ("GET", "/api/v1/courses/12/assignments/345/submissions?include[]=user&per_page=100"),
        ("GET", "/api/v1/courses/12/assignments/345/submissions?page=2"),
        ("GET", "/api/v1/courses/12/assignments/345/submissions?page=3"),
    ]
    assert {token for *_, token in server.state["requests"]} == {f"Bearer {TOKEN}"}


def test_canvas_gets_each_grade_once(push, server):
    """Scaled; never lowered but with --lower; a second time nothing; another person's id gets nothing."""
    assert push("canvas", "--comments")[1].splitlines()[-1].startswith("1 sent; 1 there already")
    assert sent(server) == [("/api/v1/courses/12/assignments/345/submissions/1", {"submission[posted_grade]": "10"})]
    assert push("canvas")[1].splitlines()[-1].startswith("0 sent; 2 there already")
    push("canvas", "--lower", "--comments")
    assert sent(server)[1:] == [
        ("/api/v1/courses/12/assignments/345/submissions/2",
         {"submission[posted_grade]": "6", "comment[text_comment]": "In few epochs"}),
    ]  # fmt: skip
    assert [each["score"] for each in server.state["people"]] == [10.0, 6.0, 6.0, None, None]


def test_moodle_gets_its_grades(push, server):
    """By the participant's number, the name or the address; the newest attempt; nothing lowered."""
    book = Gradebook.open("sqlite:///gradebook.db")
    book.record_verdict(EXERCISE, "1001", graded((60.0, 0.0), sha256="m"))
    book.close()
    code, out, _ = push("moodle", "--comments")
    forms = [form for method, path, form, _ in server.state["requests"] if form.get("wsfunction") == "mod_assign_save_grade"]

    assert code == 2
    assert forms == [{
        "wstoken": TOKEN, "wsfunction": "mod_assign_save_grade", "moodlewsrestformat": "json", "assignmentid": "77", "userid": "1",
        "grade": "12", "attemptnumber": "-1", "addattempt": "0", "workflowstate": "", "applytoall": "0",
        "plugindata[assignfeedbackcomments_editor][text]": "In few epochs",
        "plugindata[assignfeedbackcomments_editor][format]": "1",
    }]  # fmt: skip
    assert "bo                   Bo B                           20 ↛ 12" in out
    assert all(TOKEN not in path and token is None for _, path, _, token in server.state["requests"])
    assert server.state["grades"] == {1: 12.0, 2: 20.0}


def test_an_interruption_loses_nothing(push, server):
    """What was sent is there, and the same command sends the rest."""
    server.state["people"][1]["score"] = None
    ok = [(200, b'{"id": 345, "name": "x", "points_possible": 10}', {})]
    server.state["faults"] = [*ok]
    pages = [(200, json.dumps(server.state["people"]).encode(), {})]
    server.state["faults"] = [*ok, *pages, (200, b"{}", {}), (400, b"Bad grade", {})]
    code, _, err = push("canvas")

    assert code == 2
    assert "HTTP 400: Bad grade (1 were sent; the same command goes on)" in err
    push("canvas")
    assert [each["score"] for each in server.state["people"][:3]] == [10.0, 6.0, 6.0]


def test_a_servers_limits_are_respected(server):
    """It says how long to wait; Canvas says so with 403, too; at last the grader gives up with a message."""
    waited = []
    session = Session(server.url, TOKEN, waited.append)
    server.state["faults"] = [(429, b"", {"Retry_After": "7"}), (403, b"403 Forbidden (Rate Limit Exceeded)", {}), (503, b"", {})]
    assert session.send("GET", "/api/v1/courses/12/assignments/345").body["name"] == "Dense layers"
    assert waited == [7.0, 2.0, 4.0]
    server.state["faults"] = [(429, b"", {"Retry_After": "99999"})] * 6
    with pytest.raises(GraderError, match="had no time for 6 tries"):
        session.send("GET", "/x")
    assert max(waited) == 120


FAULTS = [
    ((401, b"", {}), UsageError, "HTTP 401: the token is refused"),
    ((403, b"no", {}), UsageError, "HTTP 403: the token may not do that"),
    ((404, b"", {}), UsageError, "it isn't there; look at the numbers"),
    ((302, b"", {"Location": "https://evil.example.org/"}), UsageError, "a redirect, which isn't followed"),
    ((400, f"bad {TOKEN} \x1b[31m".encode(), {}), UsageError, r"HTTP 400: bad … \\x1b\[31m"),
    ((200, b"<html>", {}), GraderError, "answered no JSON; is it the LMS's own address"),
    ((200, b'{"points_possible": null}', {}), GraderError, "the assignment has no possible points"),
]


@pytest.mark.parametrize(("fault", "kind", "said"), FAULTS)
def test_what_a_server_refuses_is_explained(server, fault, kind, said):
    """And the token is in no message."""
    server.state["faults"] = [fault]
    with pytest.raises(kind, match=said) as caught:
        canvas.read_assignment(Session(server.url, TOKEN, lambda _: None), 12, 345)
    assert TOKEN not in str(caught.value)


def test_a_page_of_another_server_gets_no_token(server):
    """A link is followed to the LMS's own address only."""
    server.state["faults"] = [(200, b'{"points_possible": 1}', {}), (200, b"[]", {"Link": '<https://evil.example.org/x>; rel="next"'})]
    with pytest.raises(UsageError, match="leads to another server, evil.example.org"):
        canvas.read_assignment(Session(server.url, TOKEN), 12, 345)


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://canvas.example.edu", "must begin with https://"), ("canvas.example.edu", "must be an address"),
     ("https://ada:pw@canvas.example.edu", "must be an address"), ("file:///etc/passwd", "must be an address")],
)  # fmt: skip
def test_a_token_goes_to_an_address_that_keeps_it(url, said):
    """Encrypted, but to this machine itself."""
    with pytest.raises(UsageError, match=said):
        Session(url, TOKEN)


def test_without_a_token_nothing_is_asked(push, server, monkeypatch):
    """It is read from the environment only."""
    monkeypatch.setenv("CANVAS_TOKEN", "")
    code, _, err = push("canvas")

    assert code == 2
    assert "CANVAS_TOKEN must hold the token" in err
    assert server.state["requests"] == []


def test_moodles_refusals_are_told_without_the_token(push, monkeypatch):
    """Moodle answers 200 with an exception in it."""
    monkeypatch.setenv("MOODLE_TOKEN", "another")
    code, _, err = push("moodle")

    assert code == 2
    assert "mod_assign_get_assignments: Invalid token …" in err
