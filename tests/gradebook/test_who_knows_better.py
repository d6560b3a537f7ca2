"""Names and times that several sources tell: the one who knows better wins, in whatever order they come."""

import itertools
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from gradebook_samples import EXERCISE, graded
from msgspec import structs

from grader.courses.policy import AttemptPolicy, GradingPolicy, LatenessPolicy
from grader.courses.yaml_tree import Percent
from grader.gradebook import Gradebook
from grader.gradebook.grades import build_sheet, describe_unknown_times
from grader.gradebook.roster import parse_roster
from grader.gradebook.times import choose_time, encode_times, merge_times

ROSTER = parse_roster("id,name,login\n1001,Ada Lovelace,ada\n1002,,bo\n", "roster.csv")
DUE = datetime(2026, 10, 1, 18, 0, tzinfo=timezone(timedelta(hours=2)))
POLICY = GradingPolicy(due={"exercise1": DUE.isoformat()}, late=LatenessPolicy(per_day=Percent(0.1)))
BERLIN = structs.replace(POLICY, timezone="Europe/Berlin")
EVENING = datetime(2026, 10, 1, 20, 0)  # noqa: DTZ001 - a clock on a wall


@pytest.fixture
def book(tmp_path):
    return Gradebook.open(f"sqlite:///{tmp_path / 'gradebook.db'}")


def cell(book, policy=POLICY, student="ada"):
    rows = build_sheet(book.list_figures(), book.list_students(), policy).rows
    return next(row for row in rows if row.student == student).cells["exercise1"]


@pytest.mark.parametrize("order", list(itertools.permutations(("roster", "file", "enrolled"))))
def test_a_rosters_name_stays_whatever_files_are_called(book, order):
    """In any order of coming; a roster without a name leaves the one that files have."""
    steps = {
        "roster": lambda: book.remember_roster(ROSTER),
        "file": lambda: book.record_verdict(EXERCISE, "1001", graded(), name="lovelaceada"),
        "enrolled": lambda: book.add_students({"1001": "lovelaceada", "1002": "boolebo"}),
    }
    for step in order:
        steps[step]()

    assert book.list_students() == {"1001": "Ada Lovelace", "1002": "boolebo"}


def test_a_later_roster_replaces_an_earlier_one_and_is_known_by_every_id(book):
    """The last one that the instructor gave; its ids find the student without it."""
    book.remember_roster(ROSTER)
    book.remember_roster(parse_roster("id,name,login\n1001,Ada King,ada\n", "roster.csv"))

    assert book.list_students()["1001"] == "Ada King"
    assert book.read_roster().find_student("ADA").id == "1001"
    assert book.read_roster().find_student("bo").id == "1002"


def test_the_best_source_of_a_time_wins_in_any_order():
    """A table given for it, then the archive, then the roster; and all are kept."""
    told = {"table": DUE, "archive": DUE + timedelta(days=1), "roster": DUE + timedelta(days=2)}
    for sources in itertools.permutations(told):
        seen = None
        for source in sources:
            seen = merge_times([seen, encode_times({source: told[source]})])
        assert (choose_time(seen).source, choose_time(seen).at) == ("table", DUE)
    assert choose_time(encode_times({"roster": DUE, "archive": told["archive"]})).source == "archive"


def test_a_time_that_is_told_later_reaches_every_verdict_on_the_file(book):
    """Also of one whose exercise has changed since, and whose new verdict came from a plain folder."""
    book.record_verdict(EXERCISE, "ada", graded(), times={"archive": DUE + timedelta(hours=30)})
    book.record_verdict(structs.replace(EXERCISE, checks=EXERCISE.checks[:1]), "ada", graded((60.0, 0.0)))
    (found,) = book.list_figures()

    assert found.score == 60.0
    assert found.submitted_at == "2026-10-02T22:00:00+00:00"
    book.record_verdict(EXERCISE, "ada", graded(), times={"table": DUE}, replace=True)
    assert cell(book).grade.score == 100.0


def test_a_clock_without_a_zone_counts_once_the_course_says_where_it_is(book):
    """Until then nobody is late by it, and the report says what to write."""
    book.record_verdict(EXERCISE, "ada", graded(), handed_in=EVENING)

    assert (cell(book).grade.score, cell(book).untimed) == (100.0, "zone")
    assert (cell(book, BERLIN).grade.score, cell(book, BERLIN).untimed) == (90.0, None)
    (said,) = describe_unknown_times(build_sheet(book.list_figures(), {}, POLICY), ["exercise1"])
    assert "timezone: Europe/Berlin" in said
    # Of New York the same clock shows six hours later.
    other = structs.replace(POLICY, timezone="America/New_York", late=LatenessPolicy(per_day=Percent(0.1), grace=5 * 3600))
    assert cell(book, other).grade.score == 90.0


def test_a_zoneless_clock_of_a_better_source_waits_for_its_zone():
    """A time with an offset is used meanwhile, whoever says it."""
    times = encode_times({"archive": EVENING, "roster": DUE})

    assert choose_time(times).source == "roster"
    assert choose_time(times, "Europe/Berlin").source == "archive"


def test_a_platforms_mark_alone_is_asked_about_and_takes_nothing(book):
    """Said once for all, not as a remark on each grade; a time settles it."""
    book.record_verdict(EXERCISE, "ada", graded(), late=True)
    book.record_verdict(EXERCISE, "bo", graded(), late=False)
    book.record_verdict(EXERCISE, "cy", graded())
    sheet = build_sheet(book.list_figures(), {}, POLICY)

    assert [row.cells["exercise1"].grade.note for row in sheet.rows] == ["", "", ""]
    assert [row.cells["exercise1"].untimed for row in sheet.rows] == ["late", None, "unknown"]
    assert [said.rpartition(": ")[2] for said in describe_unknown_times(sheet, ["exercise1"])] == ["ada", "cy"]
    book.record_verdict(EXERCISE, "ada", graded(), times={"table": DUE + timedelta(hours=1)})
    assert (cell(book).grade.score, cell(book).untimed) == (90.0, None)


def test_a_course_without_rules_for_lateness_asks_for_no_times(book):
    """But for those whom the platform marks."""
    book.record_verdict(EXERCISE, "ada", graded())
    due = structs.replace(POLICY, late=LatenessPolicy())

    assert cell(book, due).untimed is None
    assert cell(book, GradingPolicy()).untimed is None


def test_an_attempt_without_a_time_keeps_its_place_before_one_with_an_earlier_time(book):
    """The first archive said no times, the second came with a table: the later file is still the last attempt."""
    book.record_verdict(EXERCISE, "ada", graded(sha256="a" * 64))
    book.record_verdict(EXERCISE, "ada", graded((60.0, 0.0), sha256="b" * 64), times={"table": DUE})

    assert [one.sha256[0] for one in book.list_figures()] == ["a", "b"]
    assert cell(book, structs.replace(POLICY, attempts=AttemptPolicy(keep="last"))).figures.score == 60.0


def test_a_gradebook_of_before_gets_the_new_columns(tmp_path):
    """Its verdicts, names and times stay; the time that it had is the archive's."""
    path = tmp_path / "gradebook.db"
    book = Gradebook.open(f"sqlite:///{path}")
    book.record_verdict(EXERCISE, "ada", graded(), name="Ada", times={"archive": DUE + timedelta(hours=1)})
    with sqlite3.connect(path) as old:
        for table, column in (("grade_students", "name_from"), ("grade_students", "aliases"), ("grade_verdicts", "codes"), ("grade_verdicts", "times")):
            old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

    again = Gradebook.open(f"sqlite:///{path}", must_exist=True)
    assert again.list_students() == {"ada": "Ada"}
    assert (cell(again).grade.score, cell(again).time.source) == (90.0, "archive")
    again.record_verdict(EXERCISE, "ada", graded(), times={"roster": DUE})
    assert cell(again).grade.score == 90.0


def test_times_are_in_utc_whoever_says_them():
    """So that they sort."""
    assert encode_times({"archive": DUE}) == '{"archive":"2026-10-01T16:00:00+00:00"}'
    assert choose_time(encode_times({"table": EVENING}), "Europe/Berlin").at.astimezone(UTC) == datetime(2026, 10, 1, 18, 0, tzinfo=UTC)
    assert choose_time(None) is choose_time("") is None
