"""What was handed in: stored before the answer, graded in the order of coming, lost by no kill, counted once."""

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from serve_samples import CODE, judge, make_worker, open_browser
from sqlalchemy import select, update

from grader.errors import GraderError
from grader.serve import submissions, supervising
from grader.serve.submissions import LOST_WORKER, MAX_TRIES, MAX_UNFINISHED, QueuePlace, TooManyUnfinished
from grader.serve.supervising import WorkerSupervisor
from grader.serve.tables import PROGRESS_TABLE, SUBMISSION_TABLE
from grader.serve.worker import Worker
from grader.serve.worker_settings import WorkerSettings

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


def add(site, student="ada", source=CODE, exercise="pooling", came=AT):
    return site.queue.add_submission(student, exercise, ".py", source, came)


def make_stale(site, number):
    """As if the worker had been silent for long."""
    with site.queue._engine.begin() as connection:
        gone = time.time() - submissions.STALE_S - 1
        connection.execute(update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == number).values(beat_s=gone))


def list_states(site):
    return [one.state for one in site.queue.list_submissions()]


def list_verdicts(site, **wanted):
    return [(one.student, one.exercise, one.score) for one in site.book.list_figures(**wanted)]


def test_the_first_that_came_is_graded_first(site):
    """Each once, whoever asks."""
    numbers = [add(site, source=bytes([index + 65])) for index in range(3)]

    assert [site.queue.claim_next(f"w{index}").number for index in range(3)] == numbers
    assert site.queue.claim_next("w") is None
    assert site.queue.read_file(numbers[1]) == b"B"


def test_a_broken_exercise_is_told_to_the_instructor_only(site, ada, capsys):
    """What is wrong with it may name a key of the course."""
    number = add(site)
    (site.course.root / "exercises" / "pooling" / "exercise.yaml").write_text("id: pooling\nSECRET-KEY: 1\n")
    assert make_worker(site).grade_next()

    found = site.queue.find_submission(number)
    assert (found.state, "SECRET-KEY" in found.problem, "not your fault" in found.problem) == ("failed", False, True)
    assert "SECRET-KEY" not in ada.get(f"/submissions/{number}").text
    assert "SECRET-KEY" in capsys.readouterr().err


def test_many_workers_share_no_submission(site):
    """At the same time, from several threads, each with connections of its own."""
    numbers = [add(site, student=f"s{index}") for index in range(24)]
    with ThreadPoolExecutor(6) as threads:
        claimed = list(threads.map(lambda index: site.queue.claim_next(f"w{index}").number, range(24)))

    assert sorted(claimed) == numbers


def test_what_a_dead_worker_had_goes_to_another_one(site):
    """Not before it has been silent for long; and what it says afterwards changes nothing."""
    number = add(site)
    site.queue.claim_next("dead")
    assert site.queue.claim_next("alive") is None
    make_stale(site, number)
    assert site.queue.claim_next("alive").number == number
    site.queue.finish("dead", number, problem="too late")
    assert list_states(site) == ["running"]
    site.queue.finish("alive", number)

    assert list_states(site) == ["done"]


def test_a_heartbeat_keeps_a_long_training(site):
    number = add(site)
    site.queue.claim_next("w")
    make_stale(site, number)
    site.queue.beat("w", [number])

    assert site.queue.claim_next("other") is None


def test_a_worker_that_ends_in_order_gives_back_what_it_had(site):
    """And it costs no try."""
    number = add(site)
    for _ in range(MAX_TRIES + 2):
        assert site.queue.claim_next("w").number == number
        site.queue.release_all("w")

    assert site.queue.find_submission(number).tries == 0


def test_what_ends_its_workers_again_and_again_is_put_aside(site):
    """With words that blame nobody; an instructor can have it tried once more."""
    number = add(site)
    for _ in range(MAX_TRIES):
        site.queue.claim_next("w")
        make_stale(site, number)
    assert site.queue.claim_next("w") is None
    found = site.queue.find_submission(number)
    assert (found.state, found.problem) == ("failed", LOST_WORKER)
    site.queue.requeue(number)

    assert site.queue.claim_next("w").tries == 1


def test_nobody_keeps_a_class_waiting(site):
    """So many of one student's files at a time, and no more; others come in all the same."""
    for index in range(MAX_UNFINISHED):
        add(site, source=bytes([index]))
    with pytest.raises(TooManyUnfinished):
        add(site)
    add(site, student="bob")
    site.queue.claim_next("w")
    site.queue.finish("w", 1)

    assert add(site) > MAX_UNFINISHED


def test_many_hand_ins_of_one_student_at_once_stay_below_the_limit(site):
    def try_one(index):
        try:
            return add(site, source=bytes([index]))
        except TooManyUnfinished:
            return None

    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(try_one, range(12)))

    assert sum(number is not None for number in made) == MAX_UNFINISHED


def test_the_same_file_once_more_came_when_it_first_came(site):
    """A student who hands in again after the deadline what was in time isn't late."""
    add(site, came=AT)
    add(site, came=AT.replace(day=2), source=b"other")
    again = add(site, came=AT.replace(day=3))

    assert site.queue.find_first_time(site.queue.find_submission(again)) == AT


def test_the_place_in_the_queue_and_what_it_takes(site):
    """As long as the ones before took lately; where that isn't known, nothing is said."""
    first, second = add(site), add(site, student="bob")
    assert site.queue.read_places(1) == {
        first: QueuePlace(before=0, wait_s=0.0),
        second: QueuePlace(before=1, wait_s=None),
    }
    site.queue.claim_next("w")
    with site.queue._engine.begin() as connection:
        connection.execute(
            update(SUBMISSION_TABLE).where(SUBMISSION_TABLE.c.number == first).values(began_s=time.time() - 60)
        )
    site.queue.finish("w", first)
    third = add(site, student="carl")
    places = site.queue.read_places(2)

    assert places[second] == QueuePlace(before=0, wait_s=0.0)
    assert places[third].before == 1
    assert places[third].wait_s >= 29


def test_what_was_handed_in_is_graded_and_recorded(site, ada):
    """Under the student's id, with the server's time; the page has the verdict, and the course's page the points."""
    before = datetime.now(UTC)
    number = ada.hand_in()
    assert "Waiting to be graded" in ada.get(f"/submissions/{number}").text
    assert make_worker(site).grade_next()
    assert not make_worker(site).grade_next()
    figures = site.book.list_figures(student="ada")[0]

    assert list_verdicts(site) == [("ada", "output_shapes", 100.0)]
    assert before.replace(microsecond=0) <= datetime.fromisoformat(figures.submitted_at) <= datetime.now(UTC)
    page = ada.get(f"/submissions/{number}").text
    assert "100 / 100 points" in page
    assert "hand in the file again" not in page
    assert "1 of 2 passed" in ada.get("/").text


def test_a_worker_killed_after_recording_counts_nothing_twice(site, ada):
    """The verdict is there, the row isn't done: it is graded once more, and is the same one."""
    number = ada.hand_in()
    worker = make_worker(site)
    worker._queue = Broken(site.queue)
    with pytest.raises(GraderError):
        worker.grade_next()
    make_stale(site, number)
    assert make_worker(site, name="next").grade_next()

    assert list_verdicts(site) == list_verdicts(site, current=False) == [("ada", "output_shapes", 100.0)]
    assert list_states(site) == ["done"]


def test_what_an_error_leaves_behind_goes_to_another_turn(site, ada):
    """The worker lives on and shows it, but not for what it isn't at work on any more."""
    number = ada.hand_in()
    worker = make_worker(site)
    worker._queue = Broken(site.queue)
    with pytest.raises(GraderError):
        worker.grade_next()
    make_stale(site, number)
    worker.show_alive()

    assert make_worker(site, name="next").grade_next()
    assert list_states(site) == ["done"]


def test_a_heartbeat_is_for_what_is_being_graded(site, ada):
    """Also while it takes long."""
    number = ada.hand_in()
    claimed = []

    def grade(_course, exercise, path, _options):
        make_stale(site, number)
        worker.show_alive()
        claimed.append(site.queue.claim_next("other"))
        return judge(exercise, path)

    worker = make_worker(site, grade)
    worker.grade_next()

    assert claimed == [None]


def test_marking_a_large_class_stops_no_heartbeat(site, monkeypatch):
    """However long it takes: what a silent worker has is graded once more, by its own threads as well."""
    monkeypatch.setattr("grader.serve.worker.BEAT_S", 0.05)
    marking, beaten = threading.Event(), threading.Event()

    class Busy(Worker):
        """Marks until the heartbeat has gone on without it."""

        def mark_quizzes(self):
            marking.set()
            beaten.wait(5)

        def show_alive(self):
            super().show_alive()
            if marking.is_set() and not beaten.is_set():
                beaten.set()
                self.stop()

    worker = Busy("worker", site.course, site.book, site.queue, make_worker(site)._engine)
    threading.Timer(4, worker.stop).start()
    worker.run()

    assert beaten.is_set()


def test_a_worker_that_can_t_be_started_is_tried_again(monkeypatch, caplog):
    """As where the machine has no memory for a moment."""
    for name in ("LOOK_S", "PAUSE_S"):
        monkeypatch.setattr(supervising, name, 0.05)
    tries, started = [], threading.Event()

    class Short(WorkerSupervisor):
        """Its workers end at once; the second one can't be had."""

        def _start_worker(self):
            tries.append(None)
            if len(tries) == 2:
                raise OSError(12, "Cannot allocate memory")
            if len(tries) == 3:
                started.set()
            return subprocess.Popen(["true"], stdin=subprocess.PIPE)

    supervisor = Short(WorkerSettings(course="x", gradebook="x", is_class=False, at_once=1))
    supervisor.start()
    came = started.wait(10)
    supervisor.stop()

    assert came
    assert "no worker can be started: Cannot allocate memory" in caplog.text


class Broken:
    """A queue whose database fails when a row is to be finished."""

    def __init__(self, queue):
        self._queue = queue

    def __getattr__(self, name):
        return getattr(self._queue, name)

    def finish(self, *_args, **_more):
        raise GraderError("the disk is full")


def test_a_verdict_of_a_stopped_worker_isn_t_recorded(site, ada):
    """Its processes were ended under it, so that the verdict would blame the machine."""
    ada.hand_in()

    def grade(_course, exercise, path, _options):
        worker.stop()
        return judge(exercise, path, status="error")

    worker = make_worker(site, grade)
    assert not worker.grade_next()
    site.queue.release_all("worker")

    assert (list_verdicts(site), list_states(site)) == ([], ["waiting"])


@pytest.mark.parametrize("kind", ["raises", "faults", "verdict"])
def test_a_fault_of_ours_is_shown_as_ours(site, ada, kind):
    """Whether grading fails, or ends in a verdict that says so; it can be tried again."""

    def grade(_course, exercise, path, _options):
        if kind == "verdict":
            return judge(exercise, path, status="error")
        raise GraderError("no memory") if kind == "raises" else ValueError("a bug")

    number = ada.hand_in()
    assert make_worker(site, grade).grade_next()
    page = ada.get(f"/submissions/{number}").text
    assert list_states(site) == ["failed"]
    assert "your file is kept" in page.lower()
    assert "not graded" in ada.get("/exercises/output_shapes").text
    site.queue.requeue(number)
    assert make_worker(site).grade_next()

    assert list_verdicts(site) == [("ada", "output_shapes", 100.0)]


def test_an_exercise_that_is_gone_is_told(site, ada):
    number = ada.hand_in()
    (site.course.root / "exercises" / "output_shapes" / "exercise.yaml").unlink()
    assert make_worker(site).grade_next()

    assert "no exercise" in ada.get(f"/submissions/{number}").text


def test_progress_is_there_while_it_runs_and_gone_afterwards(site, ada):
    """One row for each running submission, and none that stays behind."""
    number = ada.hand_in()
    site.queue.claim_next("w")
    site.queue.write_progress(number, "{}")
    site.queue.write_progress(number, '{"text": "epoch <1>"}')
    assert "epoch &lt;1&gt;" in ada.get(f"/submissions/{number}").text
    assert site.queue.read_progress([number, 99]) == {number: ("running", '{"text": "epoch <1>"}')}
    site.queue.finish("w", number)
    with site.queue._engine.connect() as connection:
        assert connection.execute(select(PROGRESS_TABLE)).all() == []


def test_a_deadline_counts_by_the_server_s_clock(make_site):
    """What lateness takes is on the page, with the extension of whoever has one."""
    policy = "grading:\n  due: {output_shapes: 2020-01-01T00:00+00:00}\n  late: {cut_off: 1d}\n  extensions: {bob: {output_shapes: 9999d}}\n"
    site = make_site(settings=f"schema: grade-course/1\n{policy}")
    for name in ("ada", "bob"):
        open_browser(site, name).hand_in()
        make_worker(site).grade_next()
    results = {name: site.records.list_results(name)["output_shapes"].score for name in ("ada", "bob")}

    assert results == {"ada": 0.0, "bob": 100.0}
    assert "was due 2020-01-01 00:00" in open_browser(site, "ada").get("/exercises/output_shapes").text
    assert "due 2047" in open_browser(site, "bob").get("/exercises/output_shapes").text


def test_nobody_fills_the_disk_by_the_hour(site):
    """So many files within an hour and no more; afterwards it goes on."""
    for index in range(submissions.MAX_PER_HOUR):
        add(site, source=b"%d" % index)
        site.queue.claim_next("w")
        site.queue.finish("w", index + 1)
    with pytest.raises(TooManyUnfinished, match="within an hour"):
        add(site, came=AT + timedelta(minutes=59))

    assert add(site, came=AT + timedelta(minutes=61)) > submissions.MAX_PER_HOUR


def test_a_graded_file_is_kept_once(site, ada):
    """In the gradebook, beside its verdict; one that isn't graded stays in the queue's own table."""
    number, other = ada.hand_in(), ada.hand_in(CODE + b"\n")
    make_worker(site).grade_next()

    assert (site.queue.read_file(number), site.queue.read_file(other)) == (None, CODE + b"\n")
    assert next(site.book.iter_documents([site.book.list_figures()[0].key]))[1].source == CODE
