from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from msgspec import structs

from grader.courses import settings
from grader.courses.course import Course
from grader.courses.policy import (
    AttemptPolicy,
    GradingPolicy,
    LatenessPolicy,
    ScoredSubmission,
    apply_extension,
    compute_kept_share,
    compute_total,
    find_deadline,
    find_excused,
    grade_attempts,
    parse_time,
)
from grader.courses.yaml_tree import Duration, Percent
from grader.errors import CourseError

DUE = datetime(2026, 10, 1, 12, tzinfo=UTC)
FULL = """schema: grade-course/1
grading:
  due: {exercise1: 2026-10-01T14:00+02:00}
  late: {per_day: 10%, grace: 1h, cut_off: 7d}
  attempts: {keep: best, most: 3}
  extensions: {ada: {exercise1: 2d}, bob: {exercise1: 2026-10-05T00:00Z}}
  excused: {cy: [exercise1]}
  drop_lowest: 1
"""

policies = st.builds(
    lambda per_day, grace, cut_off, keep, most, extension: GradingPolicy(
        due={"exercise1": DUE.isoformat()},
        late=LatenessPolicy(per_day=Percent(per_day), grace=Duration(grace), cut_off=cut_off),
        attempts=AttemptPolicy(keep=keep, most=most),
        extensions={"ada": {"exercise1": f"{extension}s"}} if extension else {},
    ),
    st.floats(0, 1),
    st.integers(0, 100_000),
    st.none() | st.integers(0, 1_000_000).map(Duration),
    st.sampled_from(["best", "last", "first"]),
    st.none() | st.integers(1, 4),
    st.integers(0, 1_000_000),
)
moments = st.integers(-100_000, 1_000_000).map(lambda seconds: DUE + timedelta(seconds=seconds))
attempts = st.lists(
    st.builds(
        lambda score, at, error: ScoredSubmission(score=score, max_score=100.0, submitted_at=at, error=error),
        st.floats(0, 100),
        st.none() | moments,
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def course(tmp_path, text):
    for name in ("exercise1", "exercise2"):
        (tmp_path / "exercises" / name).mkdir(parents=True)
        (tmp_path / "exercises" / name / "exercise.yaml").touch()
    (tmp_path / "course.yaml").write_text(text)
    return Course(root=tmp_path)


def test_the_file_becomes_a_policy(tmp_path):
    """Every key of it."""
    policy = settings.load_settings(course(tmp_path, FULL)).grading

    assert policy.late == LatenessPolicy(per_day=Percent(0.1), grace=Duration(3600), cut_off=Duration(604_800))
    assert policy.attempts == AttemptPolicy(keep="best", most=3)
    assert find_deadline(policy, "exercise1", "eve") == DUE
    assert find_deadline(policy, "exercise1", "ada") == DUE + timedelta(days=2)
    assert find_deadline(policy, "exercise1", "bob") == datetime(2026, 10, 5, tzinfo=UTC)
    assert find_deadline(policy, "exercise2", "ada") is None
    assert (policy.excused, policy.drop_lowest) == ({"cy": ["exercise1"]}, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("due: {exercise1: tomorrow}", '3:20: expected a time with its offset, such as 2026-10-01T23:59+02:00, got "tomorrow"'),
        ("due: {exercise1: 2026-10-01}", "3:20: expected a time with its offset"),
        ("due: {exercize1: 2026-10-01T00:00Z}", '3:9: no exercise "exercize1"; did you mean "exercise1"?'),
        ("extensions: {ada: {exercise1: 2w}}", "3:33: expected a time with its offset"),
        ("excused: {ada: [exercise9]}", '3:19: no exercise "exercise9"; did you mean'),
        ("late: {per_day: 10}", 'expected a share from 0% to 100%, got "10"'),
        ("attempts: {keep: worst}", "3:20: expected one of best, last, first, got"),
        ("drop_lowest: -1", "3:16: "),
        ("due: soon", "3:8: expected a mapping"),
    ],
)
def test_a_fault_in_the_policy_is_told_with_its_place(tmp_path, line, said):
    """Line and column, and what may stand there."""
    with pytest.raises(CourseError) as caught:
        settings.load_settings(course(tmp_path, f"schema: grade-course/1\ngrading:\n  {line}\n"))
    assert said in str(caught.value)


def test_a_time_without_offset_is_refused():
    """Nobody knows when that is."""
    with pytest.raises(ValueError, match="expected a time with its offset"):
        parse_time("2026-10-01T12:00")
    with pytest.raises(ValueError, match="expected a time with its offset"):
        apply_extension(DUE, "some more")


@trying(deadline=None)
@given(policies, st.floats(0, 2_000_000), st.floats(0, 2_000_000))
def test_later_never_keeps_more(policy, one, other):
    """And nobody keeps more than all or less than nothing."""
    assert 0 <= compute_kept_share(policy.late, max(one, other)) <= compute_kept_share(policy.late, min(one, other)) <= 1


@trying(deadline=None)
@given(policies, attempts)
def test_a_grade_is_one_of_the_attempts_and_never_more_than_earned(policy, given_):
    """Lateness takes; nothing gives."""
    found = grade_attempts(policy, "exercise1", "ada", given_)

    assert found.raw == given_[found.attempt].score
    assert 0 <= found.score <= found.raw + 1e-6
    assert found.attempts == len(given_)
    assert policy.attempts.most is None or found.attempt < policy.attempts.most
    assert found.graded or all(attempt.error for attempt in given_[: policy.attempts.most])


@trying(deadline=None)
@given(policies, attempts, st.integers(0, 500_000))
def test_a_longer_extension_never_lowers(policy, given_, more):
    """Under `best` at least, where every attempt may count."""
    policy = structs.replace(policy, attempts=AttemptPolicy())
    longer = structs.replace(policy, extensions={"ada": {"exercise1": "1000000s"}})
    shorter = structs.replace(policy, extensions={"ada": {"exercise1": f"{more}s"}})

    assert grade_attempts(longer, "exercise1", "ada", given_).score >= grade_attempts(shorter, "exercise1", "ada", given_).score


@trying(deadline=None)
@given(policies, attempts, attempts)
def test_another_attempt_never_lowers_the_best(policy, given_, more):
    """Trying again is safe, but for faults of ours, which count for nothing."""
    policy = structs.replace(policy, attempts=AttemptPolicy())
    before, after = (grade_attempts(policy, "exercise1", "ada", each) for each in (given_, given_ + more))

    assert after.score >= before.score or not before.graded


@trying(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.tuples(st.floats(0, 10), st.floats(10, 100)), min_size=1), st.integers(0, 4))
def test_dropping_never_lowers_a_total(shares, count):
    """The smallest shares go first, and one is always left."""
    before = compute_total(GradingPolicy(), "ada", shares)
    after = compute_total(GradingPolicy(drop_lowest=count), "ada", shares)

    assert after.score / after.max_score >= before.score / before.max_score - 1e-9
    assert len(after.dropped) == min(count, len(shares) - 1)


def test_what_is_excused_is_not_asked():
    """Neither its points nor its most points."""
    policy = GradingPolicy(excused={"ada": ["b"]})

    assert compute_total(policy, "ada", {"a": (5.0, 10.0), "b": (0.0, 90.0)}).max_score == 10.0
    assert compute_total(policy, "bob", {"a": (5.0, 10.0), "b": (0.0, 90.0)}).max_score == 100.0


@pytest.mark.parametrize(
    ("attempt", "note"),
    [
        (ScoredSubmission(score=80.0, max_score=100.0, submitted_at=DUE + timedelta(hours=25)), "2 days late: keeps 80 %"),
        (ScoredSubmission(score=80.0, max_score=100.0, submitted_at=DUE + timedelta(hours=2)), "1 day late: keeps 90 %"),
        (ScoredSubmission(score=80.0, max_score=100.0, submitted_at=DUE + timedelta(minutes=59), late=True), ""),
        (ScoredSubmission(score=80.0, max_score=100.0, late=True), ""),
        (ScoredSubmission(score=0.0, max_score=100.0, error=True), "not graded, for a fault of the grader or the machine"),
    ],
)
def test_a_note_says_what_was_taken_and_why(tmp_path, attempt, note):
    """The student can count it over."""
    policy = settings.load_settings(course(tmp_path, FULL)).grading

    assert grade_attempts(policy, "exercise1", "eve", [attempt]).note == note


def attempt(score, **more):
    return ScoredSubmission(score=score, max_score=100.0, **more)


@pytest.mark.parametrize("keep", ["best", "last", "first"])
@pytest.mark.parametrize("blanks", [(1,), (0,), (0, 2), (2,)])
def test_a_file_without_code_is_no_attempt(keep, blanks):
    """Whichever attempt the course keeps, a failed upload takes nothing from the others."""
    files = [attempt(0.0, blank=True) if index in blanks else attempt(80.0) for index in range(3)]
    policy = GradingPolicy(attempts=AttemptPolicy(keep=keep))
    found = grade_attempts(policy, "exercise1", "ada", files)

    assert (found.score, found.attempts) == (80.0, 3)
    assert ("has no code" in found.note) == ((keep == "last" and 2 in blanks) or (keep == "first" and 0 in blanks))


def test_files_without_code_use_up_no_attempts():
    """With two attempts allowed, the third file is the second."""
    policy = GradingPolicy(attempts=AttemptPolicy(keep="best", most=2))

    assert grade_attempts(policy, "e", "ada", [attempt(10.0), attempt(0.0, blank=True), attempt(90.0)]).score == 90.0
    assert grade_attempts(policy, "e", "ada", [attempt(0.0, blank=True), attempt(0.0, blank=True)]).score == 0.0


def test_a_last_attempt_that_is_worse_says_what_an_earlier_one_had():
    """The rule stands; nobody is to wonder where the points went."""
    policy = GradingPolicy(attempts=AttemptPolicy(keep="last"))

    assert grade_attempts(policy, "e", "ada", [attempt(100.0), attempt(60.0)]).note == "the last attempt counts; attempt 1 has 100 points"
    assert grade_attempts(policy, "e", "ada", [attempt(60.0), attempt(100.0)]).note == ""
    assert grade_attempts(policy, "e", "ada", [attempt(100.0, blank=True), attempt(60.0)]).note == ""


def test_a_time_zone_that_does_not_exist_is_told_at_its_place(tmp_path):
    """As is every other fault of the file."""
    with pytest.raises(CourseError) as caught:
        settings.load_settings(course(tmp_path, "schema: grade-course/1\ngrading: {timezone: Europe/Berlinn}\n"))

    assert "course.yaml:2:21: no time zone" in str(caught.value)


def test_lateness_begins_after_the_grace_and_ends_with_the_cut_off():
    """A second within, at and after each; the grace is free even where the cut-off is at the deadline."""
    late = LatenessPolicy(per_day=Percent(0.1), grace=Duration(60), cut_off=Duration(2 * 86_400))

    assert [compute_kept_share(late, at) for at in (59.0, 60.0, 61.0)] == [1.0, 1.0, 0.9]
    assert [compute_kept_share(late, 2 * 86_400 + more) for more in (-1.0, 0.0, 1.0)] == [0.8, 0.8, 0.0]
    assert compute_kept_share(LatenessPolicy(grace=Duration(60), cut_off=Duration(0)), 60.0) == 1.0


@pytest.mark.parametrize(
    ("late", "costs"),
    [
        (LatenessPolicy(), False),
        (LatenessPolicy(grace=Duration(60)), False),
        (LatenessPolicy(per_day=Percent(0.1)), True),
        (LatenessPolicy(cut_off=Duration(60)), True),
        (LatenessPolicy(per_day=Percent(0.1), cut_off=Duration(60)), True),
    ],
)
def test_lateness_costs_something_by_the_day_or_at_the_cut_off(late, costs):
    """A grace alone costs nothing."""
    assert late.costs is costs


def test_who_is_excused_of_all_that_is_asked_is_excused():
    """Of exactly these exercises or of more; not of some."""
    policy = GradingPolicy(excused={"ada": ["a", "b", "c"], "bob": ["a", "b"], "cy": ["a"]})

    assert find_excused(policy, ["a", "b"]) == {"ada", "bob"}


@pytest.mark.parametrize(("drop", "dropped"), [(0, ()), (1, ("b",)), (2, ("b", "c")), (5, ("b", "c"))])
def test_the_weakest_are_dropped_but_one_stays(drop, dropped):
    """As many as the course says; with nothing to drop all count."""
    total = compute_total(GradingPolicy(drop_lowest=drop), "ada", {"a": (9, 10), "b": (1, 10), "c": (5, 10)})

    assert (total.dropped, total.score) == (dropped, {0: 15, 1: 14, 2: 9, 5: 9}[drop])
