"""The gradebook on a real PostgreSQL server; skipped where none is installed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from gradebook_samples import EXERCISE, graded
from msgspec import structs
from postgresql_server import server  # noqa: F401

from grader.gradebook import Gradebook
from grader.gradebook.roster import parse_roster

pytestmark = pytest.mark.train


def test_a_server_keeps_what_a_file_keeps(server):  # noqa: F811
    """Many at once, the same twice, another specification, names with anything in them."""
    with ThreadPoolExecutor(4) as threads:
        books = list(threads.map(lambda _: Gradebook.open(server), range(4)))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: books[n % 4].record_verdict(EXERCISE, f"s{n % 10}", graded(), source=b"\x00"), range(40)))
    book = Gradebook.open(server, must_exist=True)
    changed = structs.replace(EXERCISE, checks=EXERCISE.checks[:1])
    book.record_verdict(changed, "s0", graded((60.0, 0.0)), name="Zo\x00e\ud800", late=True)
    found = book.list_figures()

    assert [(one.student, one.score) for one in found] == [("s0", 60.0), *((f"s{n}", 100.0) for n in range(1, 10))]
    assert found[0].late is True
    assert len(book.list_figures(current=False)) == 11
    assert book.list_students()["s0"] == "Zoe"
    assert next(book.iter_documents([found[1].key]))[1].source == b"\x00"
    assert book.find_specification(found[0].spec) == changed


def test_a_server_keeps_who_said_what_and_gets_new_columns(server):  # noqa: F811
    """As a file does: rosters and times, also in a gradebook of before."""
    book = Gradebook.open(server)
    with psycopg.connect(server) as old:
        old.execute("ALTER TABLE grade_verdicts DROP COLUMN times, DROP COLUMN codes")
        old.execute("ALTER TABLE grade_students DROP COLUMN aliases, DROP COLUMN name_from")
    with ThreadPoolExecutor(4) as threads:
        *_, book = threads.map(lambda _: Gradebook.open(server, must_exist=True), range(4))
    book.remember_roster(parse_roster("id,name,login\n1001,Ada Lovelace,ada\n", "roster.csv"))
    at = datetime(2026, 10, 1, 12, tzinfo=UTC)
    book.record_verdict(structs.replace(EXERCISE, id="other"), "1001", graded(), name="lovelaceada", times={"roster": at})
    book.record_verdict(structs.replace(EXERCISE, id="other"), "1001", graded(), times={"table": at.replace(hour=13)})

    assert book.list_students()["1001"] == "Ada Lovelace"
    assert book.read_roster().find_student("ada").id == "1001"
    assert [one.submitted_at for one in book.list_figures("other")] == ["2026-10-01T13:00:00+00:00"]
