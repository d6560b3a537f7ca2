"""A class: who may come in and how, quizzes that end and are marked without anybody's help, and several workers."""

import csv
import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from serve_samples import HOST, REVIEW, make_course, make_worker, open_browser

from grader import cli
from grader.gradebook import Gradebook
from grader.serve.command import check_libraries
from grader.serve.links import check_url, enrol_students
from grader.serve.opening import load_content, open_class_site
from grader.serve.people import Person, Signer
from grader.serve.quiz_marking import hand_in_expired, record_marks
from grader.serve.sittings import SittingTable

BASE = f"https://{HOST}"
ROSTER = 'id,name\ns1,"Ada Lovelace"\ns2,"=cmd|calc"\n'


@pytest.fixture
def klass(tmp_path):
    """A course, its roster and a gradebook that isn't there yet."""
    (tmp_path / "roster.csv").write_text(ROSTER)
    return make_course(tmp_path / "course"), tmp_path / "roster.csv", f"sqlite:///{tmp_path}/gradebook.db"


def write_links(capsys, url, *words):
    """The rows of `grade serve links`."""
    code = cli.run_command_line(["serve", "links", "--gradebook", url, "--url", BASE, *words])
    told = capsys.readouterr()
    assert code == 0, told.err
    return {row["id"]: row for row in csv.DictReader(io.StringIO(told.out))}


def open_site(course, url):
    return open_class_site(course, load_content(course), url, at_once=1, hosts=(HOST,), secure=True)[0]


def follow(site, link):
    browser = open_browser(site)
    return browser, browser.get(link.removeprefix(BASE)).status_code


def test_each_person_gets_a_link_that_lets_them_in(klass, capsys):
    """Students of the roster and staff; no cell is a formula; the gradebook knows the roster."""
    course, roster, url = klass
    rows = write_links(capsys, url, "--class", str(roster), "--instructor", "hopper", "--assistant", "turing")
    site = open_site(course, url)

    assert {name: row["role"] for name, row in rows.items()} == {
        "s1": "student",
        "s2": "student",
        "hopper": "instructor",
        "turing": "assistant",
    }
    assert rows["s2"]["name"][0] == "'"
    for row in rows.values():
        browser, status = follow(site, row["link"])
        assert (status, browser.get("/").status_code) == (303, 200 if row["role"] == "student" else 303)
    assert [each.id for each in Gradebook.open(url).read_roster().students] == ["s1", "s2"]


def test_a_link_is_renewed_and_taken_back(klass, capsys):
    """The old one is void at once, on a server that runs; the table has the new one only."""
    course, roster, url = klass
    before = write_links(capsys, url, "--class", str(roster))
    site = open_site(course, url)
    browser, _ = follow(site, before["s1"]["link"])
    after = write_links(capsys, url, "--renew", "s1")

    assert set(after) == {"s1"}
    assert browser.get("/").status_code == 401
    assert (follow(site, before["s1"]["link"])[1], follow(site, after["s1"]["link"])[1]) == (403, 303)
    assert write_links(capsys, url, "--revoke", "s1") == {}
    assert (follow(site, after["s1"]["link"])[1], follow(site, before["s2"]["link"])[1]) == (403, 303)
    assert set(write_links(capsys, url)) == {"s2"}


def test_a_typo_among_several_renews_nobody(klass, capsys):
    """The new links wouldn't be written, and the old ones would be void."""
    course, roster, url = klass
    before = write_links(capsys, url, "--class", str(roster))
    for words in (["--renew", "s1", "--renew", "s11"], ["--revoke", "s1", "--revoke", "s11"], ["--renew", "s1", "--revoke", "s11"]):
        assert cli.run_command_line(["serve", "links", "--gradebook", url, "--url", BASE, *words]) == 2

    assert follow(open_site(course, url), before["s1"]["link"])[1] == 303


def test_nobody_else_on_the_machine_reads_links_or_what_signs_them(klass, tmp_path):
    """Whatever the shell's mask, and where an open file of that name lies there from before."""
    _, roster, url = klass
    (tmp_path / "links.csv").touch(mode=0o644)
    words = ["--class", str(roster), "--gradebook", url, "--url", BASE, "-o", str(tmp_path / "links.csv")]
    assert cli.run_command_line(["serve", "links", *words]) == 0

    found = [tmp_path / "links.csv", Path(url.removeprefix("sqlite:///"))]
    assert [path.stat().st_mode & 0o777 for path in found] == [0o600, 0o600]


def test_a_roster_makes_no_instructor_a_student_and_no_student_one(klass, capsys, tmp_path):
    """Whatever ids are in it; a typo among the staff is told."""
    _, roster, url = klass
    write_links(capsys, url, "--instructor", "hopper")
    roster.write_text(ROSTER + "hopper,Grace\n")
    assert write_links(capsys, url, "--class", str(roster))["hopper"]["role"] == "instructor"
    write_links(capsys, url, "--revoke", "s2")
    for words in (
        ["--instructor", "s1"],
        ["--assistant", "s2"],
        ["--renew", "nobody"],
        ["--revoke", "nobody"],
        ["--class", str(tmp_path / "none.csv")],
    ):
        assert cli.run_command_line(["serve", "links", "--gradebook", url, "--url", BASE, *words]) == 2


@pytest.mark.parametrize(
    "url",
    [
        "grade.example.org",
        "ftp://x",
        "https://",
        "https://x/path",
        "https://x?y=1",
        "javascript:alert(1)",
        "https://[x",
        "https://x:y",
    ],
)
def test_an_address_that_leads_nowhere_is_refused(url, capsys):
    assert cli.run_command_line(["serve", "links", "--url", url]) == 2
    assert "expected an address" in capsys.readouterr().err


def test_an_address_is_kept_without_its_slash():
    assert check_url("https://a.test:8443/") == "https://a.test:8443"


@pytest.mark.parametrize(
    "words",
    [
        ["--jobs", "2"],
        ["--url", "https://x.test"],
        ["--host", "0.0.0.0"],
        ["--engine", "ray"],
        ["--memory", "1GB"],
        ["--class", "r.csv", "--sandbox", "off"],
        ["--class", "r.csv", "--host", "0.0.0.0"],
        ["--class", "r.csv", "--url", "http://grade.example.org"],
    ],
)
def test_options_that_contradict_each_other_are_told_before_anything_is_made(words, tmp_path, monkeypatch, capsys):
    """A class is confined, and signs in over HTTPS; alone there is neither."""
    monkeypatch.chdir(tmp_path)
    make_course(tmp_path / "course")

    assert cli.run_command_line(["serve", "--course", str(tmp_path / "course"), *words]) == 2
    assert not list(tmp_path.glob("*.db"))
    assert capsys.readouterr().err


def test_what_is_missing_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(check_libraries.__globals__, "NEEDED", {"nowhere_to_be_found": "Starlette"})

    with pytest.raises(Exception, match=r"grade serve needs Starlette.*\[serve\]"):
        check_libraries()


def test_two_servers_on_one_gradebook_know_each_other_s_sessions(klass, capsys):
    """The secret is the class's, made once."""
    course, roster, url = klass
    row = write_links(capsys, url, "--class", str(roster))["s1"]
    one, other = open_site(course, url), open_site(course, url)
    browser, _ = follow(one, row["link"])

    assert open_browser(other, "s1").get("/").status_code == 200
    assert other.signer.read_session(browser.client.cookies[one.cookie_name]).person == "s1"
    assert Signer("another").read_link(row["link"].rsplit("/", 1)[1]) is None


def test_a_roster_that_is_read_again_keeps_links(klass):
    course, roster, url = klass
    site, people = open_class_site(course, load_content(course), url, at_once=1, hosts=(HOST,), secure=True)
    enrol_students(people, roster)
    people.change_access("s1", revoked=False)
    enrol_students(people, roster)

    assert people.find_person("s1") == Person(id="s1", name="Ada Lovelace", generation=1)
    assert site.is_class


# ---- quizzes ----


def take(site, student, *, hand_in=True, answer="two"):
    browser = open_browser(site, student)
    attempt = len(site.records.open_attempts(site.quizzes["warmup"], student).list_attempts()) + 1
    assert browser.post("/quizzes/warmup/attempts").status_code == 303
    browser.post(
        "/quizzes/warmup/answers", {"attempt": str(attempt), "question": "first", "answer": answer, "go": "stay"}
    )
    if hand_in:
        browser.post("/quizzes/warmup/hand-in", {"attempt": str(attempt)})
    return browser


def open_table(site):
    return SittingTable(site.queue._engine, site.book.shown)


def list_marks(site):
    return {one.student: one.score for one in site.book.list_figures("warmup")}


def test_marks_come_into_the_gradebook_once(site):
    """By the rule of the quiz which attempt counts; whoever marks again, and however often, changes nothing."""
    take(site, "ada")
    take(site, "bob", answer="one")
    take(site, "bob")
    now = datetime.now(UTC)
    assert record_marks(site.course, site.book, open_table(site), now) == 3
    assert record_marks(site.course, site.book, open_table(site), now) == 0

    assert list_marks(site) == {"ada": 1.0, "bob": 1.0}
    assert len(site.book.list_figures("warmup", current=False)) == 3
    assert "1/3" in open_browser(site, "ada").get("/").text


def test_a_comment_on_a_quiz_reaches_its_student_only(site):
    """On the quiz's page, as those on exercises are on theirs."""
    for student in ("ada", "bob"):
        take(site, student)
    record_marks(site.course, site.book, open_table(site), datetime.now(UTC))
    fields = {"student": "ada", "exercise": "warmup", "comment": "Come and see me <i>"}
    assert open_browser(site, "asta").post("/class/comments", fields).status_code == 303

    assert "Come and see me &lt;i&gt; (Asta)" in open_browser(site, "ada").get("/quizzes/warmup").text
    assert "Come and see me" not in open_browser(site, "bob").get("/quizzes/warmup").text


def test_an_attempt_whose_time_is_up_is_handed_in_by_nobody(make_site):
    """At the moment at which it was up; one that has time goes on."""
    site = make_site(head="time_limit: 10min\n" + REVIEW)
    take(site, "ada", hand_in=False)
    take(site, "bob", hand_in=False)
    table, now = open_table(site), datetime.now(UTC)
    keeper = table.open_attempts("warmup", "ada")
    with keeper.lock_attempts():
        one = keeper.list_attempts()[0]
        keeper.save_attempt(msgspec.structs.replace(one, started=now - timedelta(minutes=11)))
    assert hand_in_expired(site.course, table, now) == 1
    assert hand_in_expired(site.course, table, now) == 0
    record_marks(site.course, site.book, table, now)

    assert list_marks(site) == {"ada": 1.0}
    assert keeper.list_attempts()[0].submitted == now - timedelta(minutes=1)
    assert site.book.list_figures("warmup")[0].submitted_at == (now - timedelta(minutes=1)).isoformat(
        timespec="seconds"
    )


def test_a_quiz_without_a_key_waits_for_one(site):
    """And a broken one keeps nothing else from being marked."""
    key = site.course.solutions / "quizzes" / "warmup.yaml"
    text = key.read_text()
    take(site, "ada")
    for broken in (None, "schema: nothing\n"):
        key.unlink(missing_ok=True)
        if broken:
            key.write_text(broken)
        assert record_marks(site.course, site.book, open_table(site), datetime.now(UTC)) == 0
    key.write_text(text)
    worker = make_worker(site)
    worker._sittings = open_table(site)
    worker.mark_quizzes()

    assert list_marks(site) == {"ada": 1.0}


def test_a_corrected_key_changes_what_a_student_sees_with_the_regrade_only(site):
    """Until then page and gradebook say the same."""
    browser = take(site, "ada", answer="one")
    record_marks(site.course, site.book, open_table(site), datetime.now(UTC))
    key = site.course.solutions / "quizzes" / "warmup.yaml"
    key.write_text(key.read_text().replace("correct: [two]", "correct: [one]"))

    assert "0 / 3 points" in browser.get("/quizzes/warmup/attempts/1").text


@pytest.mark.parametrize("when", ["never", "after_close"])
def test_points_of_a_quiz_stay_hidden_on_every_page(make_site, when):
    """Also in the list of the course, once the gradebook has them."""
    site = make_site(head=f"review: {{score: {when}}}")
    browser = take(site, "ada")
    record_marks(site.course, site.book, open_table(site), datetime.now(UTC))

    assert "1/3" not in browser.get("/").text
    assert "points</" not in browser.get("/quizzes/warmup/attempts/1").text


@pytest.mark.parametrize("words", [["--help"], ["list", "--help"], ["nothing.py"]])
def test_other_commands_load_nothing_of_this(words):
    """They start as quickly as before, also where the libraries aren't installed."""
    program = f"from grader import cli; cli.run_command_line({words!r}); import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in loaded if name.startswith(("grader.serve", "starlette", "uvicorn", "itsdangerous"))] == []


def test_help_needs_none_of_the_libraries():
    """It says what the command could do, were they there."""
    program = "from grader import cli; cli.run_command_line(['serve', '--help']); import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in loaded if name.startswith(("starlette", "uvicorn", "itsdangerous"))] == []
