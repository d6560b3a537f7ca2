import math

import pytest
from gradebook_samples import EXERCISE, Sample, graded, verdict
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from msgspec import structs

from grader.courses.policy import AttemptPolicy, GradingPolicy, LatenessPolicy
from grader.courses.yaml_tree import Percent
from grader.gradebook import build_entry
from grader.gradebook.grades import build_sheet, count_statuses, list_grades
from grader.gradebook.summary import build_cohort
from grader.reports.cohort import build_cohorts

POLICY = GradingPolicy(due={"exercise1": "2026-10-01T12:00+00:00"}, late=LatenessPolicy(per_day=Percent(0.1)))
OTHER = structs.replace(EXERCISE, id="exercise2")


def figures(student, points, at=None, exercise=EXERCISE, **fields):
    made = build_entry(exercise, student, graded(points, sha256=f"{student}{points}{at}", **fields)).figures
    return structs.replace(made, submitted_at=at)


def test_a_row_for_every_student_and_a_total_over_all_exercises():
    """Who handed in nothing has no points, of all that there are."""
    ada = [figures("ada", (60.0, 40.0)), figures("ada", (60.0, 0.0), exercise=OTHER)]
    found = build_sheet(ada, {"ada": "Ada", "bob": "Bob"}, GradingPolicy())

    assert found.exercises == {"exercise1": 100.0, "exercise2": 100.0}
    assert [(row.student, row.name, row.total.score, row.total.max_score) for row in found.rows] == [
        ("ada", "Ada", 160.0, 200.0),
        ("bob", "Bob", 0.0, 200.0),
    ]
    assert [row.student for row, _ in list_grades(found, "exercise2")] == ["ada"]


def test_the_attempt_that_counts_brings_its_verdict():
    """Late and complete, or in time and half: the better grade."""
    attempts = [
        figures("ada", (60.0, 0.0), "2026-10-01T11:00:00+00:00"),
        figures("ada", (60.0, 40.0), "2026-10-02T11:00:00+00:00"),
    ]
    best = build_sheet(attempts, {}, POLICY).rows[0].cells["exercise1"]
    first = build_sheet(attempts, {}, structs.replace(POLICY, attempts=AttemptPolicy(keep="first"))).rows[0].cells["exercise1"]

    assert (best.grade.score, best.grade.raw, best.grade.attempts, best.figures.score) == (90.0, 100.0, 2, 100.0)
    assert (first.grade.score, first.figures.score) == (60.0, 60.0)
    assert count_statuses([best, first]) == {"passed": 1, "failed": 1, "error": 0}


def test_a_fault_of_ours_is_not_held_against_anybody():
    """The exercise is left out of the total."""
    rows = build_sheet(
        [figures("ada", (0.0, 0.0), status="error"), figures("ada", (60.0, 0.0), exercise=OTHER), figures("bob", (60.0, 40.0))],
        {},
        GradingPolicy(),
    ).rows

    assert (rows[0].total.score, rows[0].total.max_score) == (60.0, 100.0)
    assert rows[1].total.max_score == 200.0


points = st.tuples(st.sampled_from([0.0, 60.0]), st.sampled_from([0.0, 20.0, 40.0]))
ends = st.sampled_from(["completed", "completed", "crashed", "timed_out"])
classes = st.lists(st.tuples(points, ends, st.sampled_from([None, None, None, "error"])), min_size=1, max_size=40)


@trying(deadline=None)
@given(classes)
def test_a_class_is_counted_as_the_reports_count_it(class_):
    """Weighted patterns give what one by one gives."""
    verdicts = [verdict(earned, end=end, status=status) for earned, end, status in class_]
    found = build_cohort(
        "exercise1", [build_entry(EXERCISE, str(n), Sample(verdict=one)).figures for n, one in enumerate(verdicts)], verdicts[0]
    )
    (expected,) = build_cohorts(verdicts)

    assert (found.graded, found.spread, found.title) == (expected.graded, expected.spread, expected.title)
    assert sorted(found.findings) == sorted(expected.findings)
    for one, other in zip((found.mean, found.median), (expected.mean, expected.median), strict=True):
        assert one == pytest.approx(other)
    for item, same in zip(found.items, expected.items, strict=True):
        assert (item.id, item.title, item.judged, item.failed) == (same.id, same.title, same.judged, same.failed)
        assert item.facility == pytest.approx(same.facility)
        assert item.discrimination == pytest.approx(same.discrimination, abs=1e-9)


def test_nobody_is_a_class_too():
    """No division by none of them."""
    found = build_cohort("exercise1", [], None)

    assert (found.graded, found.mean, found.median, sum(found.spread)) == (0, None, None, 0)
    assert not math.isnan(sum(found.spread))
