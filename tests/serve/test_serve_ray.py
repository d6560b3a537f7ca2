"""The worker of a served class on a real Ray cluster of this machine: files come out of the queue and into the gradebook."""

import pytest
from serve_samples import CODE, open_browser

from grader.serve.worker import open_worker
from grader.serve.worker_settings import WorkerSettings

pytest.importorskip("ray")

pytestmark = [
    pytest.mark.train,
    # Ray leaves the pipes of its own node processes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_class_is_graded_on_a_cluster(site, monkeypatch):
    """One that is refused by its text, and one that is run there."""
    # A cluster of its own, whatever other tests have started.
    monkeypatch.setenv("RAY_ADDRESS", "local")
    url = site.book._engine.url.render_as_string(hide_password=False)
    ada = open_browser(site, "ada")
    numbers = [ada.hand_in(source) for source in (b"def output_shape(:\n", CODE)]
    settings = WorkerSettings(course=str(site.course.root), gradebook=url, is_class=True, at_once=1, engine="ray")
    with open_worker(settings) as worker:
        assert worker.grade_next()
        assert worker.grade_next()

    assert [site.queue.find_submission(number).state for number in numbers] == ["done", "done"]
    assert [one.status for one in site.book.list_figures("output_shapes", current=False)] == ["failed", "failed"]
    assert "NOT PASSED" in ada.get(f"/submissions/{numbers[0]}").text
