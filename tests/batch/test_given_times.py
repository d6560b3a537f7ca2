"""`--submitted TABLE`: whose time a row is, and what is said of rows that are nobody's."""

from datetime import UTC, datetime

import pytest

from grader.batch.given_times import add_given_times, read_given_times
from grader.batch.handed import Handed, Submissions
from grader.errors import UsageError
from grader.gradebook.roster import parse_roster

AT = datetime(2026, 10, 1, 18, 0, tzinfo=UTC)
ROSTER = parse_roster("id,name,sis user id\n1001,Ada Lovelace,S1\n1002,Bo Boole,S2\n", "roster.csv")


def placed(tmp_path, text, *handed, roster=ROSTER):
    (tmp_path / "times.csv").write_text(text)
    given = read_given_times(tmp_path / "times.csv", ["exercise1", "exercise2"])
    return add_given_times(Submissions(handed=handed), given, roster)


@pytest.mark.parametrize("row", ["1001", "S1", "ada lovelace"])
def test_a_row_is_found_by_every_id_that_the_roster_has(tmp_path, row):
    """And by the name, where only one student has it."""
    (found,) = placed(tmp_path, f"id,submitted_at\n{row},2026-10-01T18:00Z\n", Handed(student="1001", name="lovelaceada"))

    assert found.list_times("exercise1") == {"table": AT}


def test_nobody_gets_the_time_of_a_namesake(tmp_path):
    """Two rows of one name are nobody's by it, and an id is never taken for a name."""
    text = "id,name,submitted_at\n7,Ada,2026-10-01T18:00Z\n8,Ada,2026-10-02T18:00Z\nada,Bo,2026-10-03T18:00Z\n"
    ada, other = placed(tmp_path, text, Handed(student="ada", name="Ada"), Handed(student="x", name="Eve"))

    assert ada.list_times("exercise1")["table"].day == 3
    assert other.list_times("exercise1") == {}


def test_a_time_for_one_exercise_goes_before_that_for_all(tmp_path):
    """And leaves the others alone."""
    text = "id,exercise,submitted_at\n1001,,2026-10-01T18:00Z\n1001,exercise2,2026-10-02T18:00Z\n"
    (found,) = placed(tmp_path, text, Handed(student="1001"))

    assert found.list_times("exercise1")["table"] == AT
    assert found.list_times("exercise2")["table"].day == 2


def test_rows_that_can_not_be_used_are_named(tmp_path):
    """A misspelt exercise, two times, a student without a file; the rest counts."""
    text = (
        "id,exercise,submitted_at\n1001,,2026-10-01T18:00Z\n1001,,2026-10-02T18:00Z\n"
        "1001,exercize1,2026-10-01T18:00Z\n1009,,2026-10-01T18:00Z\n1002,,soon\n"
    )
    found = placed(tmp_path, text, Handed(student="1001"))

    assert found.handed[0].list_times("exercise1") == {"table": AT}
    assert [each.partition("times.csv: ")[2] for each in found.unread] == [
        'row 6: expected a time such as 2026-10-01T23:59+02:00, got "soon"',
        "1001 has two times, 2026-10-01T18:00:00+00:00 and 2026-10-02T18:00:00+00:00; the first counts",
        'no exercise "exercize1"; did you mean "exercise1"?',
    ]
    assert found.remarks[0].endswith("times.csv: times of 1 whose files aren't here: 1009")


def test_a_table_without_times_is_refused(tmp_path):
    """With the column that is missing."""
    (tmp_path / "times.csv").write_text("id,name\n1001,Ada\n")
    with pytest.raises(UsageError, match='times.csv: holds no times; it needs a column "submitted_at"'):
        read_given_times(tmp_path / "times.csv", [])
