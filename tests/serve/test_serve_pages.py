"""What the pages show: the course, an exercise, hand-ins of every kind, hints, the live view; and nothing unescaped."""

import asyncio
import json
from contextlib import aclosing

import pytest
from serve_samples import CODE, find_hidden, judge, make_worker, open_browser

from grader.grading.options import RunProgress
from grader.records.verdict import Note
from grader.serve.live import MAX_STREAMS, LiveFeed
from grader.serve.metrics import Metrics
from grader.serve.progress import ProgressWriter, decode_progress
from grader.serve.rendering import load_assets, render_readme
from grader.serve.submission_pages import look_up_states
from grader.submission import read_submission

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>{{ 77777 * 77777 }}\x1b[2J"


def test_the_course_shows_units_points_and_what_comes_next(ada):
    text = ada.get("/").text

    assert "0 of 2 passed" in text
    assert "0 of 200 points" in text
    assert (
        text.index("Enhancing vision with convolutions")
        < text.rindex("The journey of an image")
        < text.index("Quizzes")
    )
    assert "Ada &lt;i&gt;Lovelace&lt;/i&gt;" in text


def test_a_learner_goes_on_where_the_terminal_was(learner):
    """Points and hints are those of `grade list` and `grade hint`."""
    site, _ = learner
    site.records._file.note_hints("pooling", 1)
    browser = open_browser(site, "ada")
    assert site.exercises["pooling"].hints[0][:30] in browser.get("/exercises/pooling").text
    site.records._file.note_verdict(judge(site.exercises["pooling"], site.course.root / "course.yaml").verdict)

    assert "1 of 2 passed" in browser.get("/").text


def test_a_graded_file_counts_in_the_terminal_too(learner):
    site, _ = learner
    open_browser(site, "ada").hand_in()
    worker = make_worker(site)
    worker._progress = site.records._file
    worker.grade_next()

    assert site.records.list_results("ada")["output_shapes"].passed


def test_the_stub_and_the_notebook_can_be_downloaded(site, ada):
    stub = ada.get("/exercises/pooling/stub.py")
    notebook = ada.get("/exercises/pooling/notebook.ipynb")

    assert stub.text == (site.course.root / "exercises/pooling/stub.py").read_text()
    assert stub.headers["Content-Disposition"] == 'attachment; filename="pooling.py"'
    assert json.loads(notebook.text)["nbformat"] == 4


def test_a_readme_is_markdown_without_html_or_pictures_of_its_own():
    """Links keep to what a link may be."""
    text = render_readme(
        "# A\n<b onclick=x>\n\n[a](javascript:alert(1)) ![b](http://evil.test/x.png)\n\n| a |\n|---|\n| 1 |\n"
    )

    assert "<h1>A</h1>" in text
    assert "<b" not in text
    assert "href" not in text
    assert "<img" not in text
    assert "[b]" in text
    assert '<div class="scroll" tabindex="0"' in text


@pytest.mark.parametrize(
    ("files", "fields", "suffix", "source"),
    [
        ({"file": ("a.py", CODE)}, {}, ".py", CODE),
        ({"file": ("A.IPYNB", b"{}")}, {}, ".ipynb", b"{}"),
        ({"file": ("../../etc/passwd", b"x")}, {}, ".py", b"x"),
        ({"file": ("", b"")}, {"code": "x = 1\r\ny = 2"}, ".py", b"x = 1\ny = 2"),
        ({"file": ("a.zip", b"PK\x03\x04")}, {"code": "x"}, ".py", b"PK\x03\x04"),
        ({}, {"code": "x = '\ud83d\ude00'.encode()"}, ".py", "x = '😀'.encode()".encode()),
    ],
)
def test_a_file_or_pasted_code_is_handed_in(site, ada, files, fields, suffix, source):
    """A file counts before what was pasted, and of its name only the kind."""
    fields = {name: text.encode("utf-16", "surrogatepass").decode("utf-16") for name, text in fields.items()}
    answer = ada.post("/exercises/output_shapes/submissions", fields, **({"files": files} if files else {}))
    found = site.queue.find_submission(1)

    assert (answer.status_code, found.suffix, site.queue.read_file(1)) == (303, suffix, source)


@pytest.mark.parametrize("code", ["", "  \n", "#" * 5_000_001])
def test_nothing_and_too_much_are_refused(site, ada, code):
    answer = ada.post("/exercises/output_shapes/submissions", {"code": code}, files={"file": ("", b"")})

    assert answer.status_code in (413, 422)
    assert site.queue.list_submissions() == []


def test_too_many_at_once_are_told(ada):
    for index in range(5):
        ada.hand_in(bytes([65 + index]))
    answer = ada.post("/exercises/output_shapes/submissions", files={"file": ("a.py", b"x")})

    assert answer.status_code == 409
    assert "5 of your files" in answer.text


def test_nothing_of_a_submission_is_markup(site, ada):
    """Neither its text nor what the verdict says, on any page that shows it, to the student and to the instructor."""
    hostile = HOSTILE.encode() + b"\n" + CODE

    def grade(_course, exercise, path, _options):
        fields = {
            "stdout": HOSTILE,
            "notes": [Note(line=1, message=HOSTILE)],
            "returned": HOSTILE,
            "end_message": HOSTILE,
        }
        return judge(exercise, path, status="failed", message=HOSTILE, **fields)

    number = ada.hand_in(hostile, name=f"{HOSTILE}.py")
    make_worker(site, grade).grade_next()
    for browser in (ada, open_browser(site, "ines")):
        for path in (f"/submissions/{number}", "/exercises/output_shapes", "/"):
            text = browser.get(path).text
            assert "<script>document" not in text
            assert "<img src=x" not in text
            assert "\x1b" not in text
            assert "6049261729" not in text  # the product
    assert "&lt;script&gt;document" in ada.get(f"/submissions/{number}").text


def test_reports_have_no_style_or_script_of_their_own(site, ada):
    """The policy would leave them out, and the page would look broken."""
    number = ada.hand_in()
    make_worker(site).grade_next()
    text = ada.get(f"/submissions/{number}").text

    assert "<style" not in text
    assert "style=" not in text
    assert text.count("<script") == text.count('<script src="/assets/serve.js" defer></script>') == 1


def test_earlier_attempts_stand_below(site, ada):
    """The last one first, each with its points."""
    first, second = ada.hand_in(), ada.hand_in(CODE + b"\n")
    make_worker(site, lambda _c, e, p, _o: judge(e, p, status="failed")).grade_next()
    make_worker(site).grade_next()
    text = ada.get(f"/submissions/{first}").text

    assert text.index("100/100 points") < text.index("40/100 points")
    assert f'href="/submissions/{second}"' in text


def test_hints_are_opened_one_by_one(site, ada):
    """A form that is sent twice opens one; after the last one there is no button."""
    hints = site.exercises["pooling"].hints
    for index in range(len(hints)):
        text = ada.get("/exercises/pooling").text
        assert find_hidden(text, "opened") == [str(index)]
        for _ in range(2):
            ada.post("/exercises/pooling/hints", {"opened": str(index)})
        assert site.records.count_hints("ada", "pooling") == index + 1
    assert find_hidden(ada.get("/exercises/pooling").text, "opened") == []
    assert site.records.count_hints("bob", "pooling") == 0


def test_pages_that_don_t_exist(ada):
    for path in (
        "/exercises/nothing",
        "/exercises/nothing/stub.py",
        "/quizzes/nothing",
        "/assets/../routes.py",
        "/assets/nothing",
        "/exercises/..%2fx",
    ):
        assert ada.get(path).status_code == 404, path
    assert ada.get("/leave").status_code == 405


def test_assets_are_a_list_of_files():
    assert set(load_assets()) == {"report.css", "serve.css", "serve.js"}


def test_progress_is_written_at_most_once_a_second():
    """With the curve of the epochs so far and the line to cross."""
    clock, written = [0.0], []
    writer = ProgressWriter(written.append, now=lambda: clock[0])
    writer(RunProgress(stage="starting"))
    for epoch in (1, 2, 3):
        clock[0] += 0.4
        writer(RunProgress(stage="training", epoch=epoch, epochs=9, accuracy=0.9 + epoch / 100, line=0.99))
    told = decode_progress(written[-1])

    assert len(written) == 2
    assert [logs["accuracy"] for logs in told.record.epochs] == [0.91, 0.92, 0.93]
    assert told.line.above == 0.99
    assert "epoch 4/9" in told.text
    assert decode_progress("") is decode_progress('{"x": 1}') is None


@pytest.mark.train
def test_a_live_view_ends_with_the_verdict(site, ada):
    """What changed is sent once; who watches too many pages is told to close some."""
    number = ada.hand_in()

    async def watch():
        feed = LiveFeed(lambda numbers: look_up_states(site.queue, 1, numbers))
        running = asyncio.create_task(feed.run())
        seen = []
        async for event in feed.stream(number, "ada", lambda: False):
            seen.append(event)
            assert feed.stream_count == 1
            if len(seen) == 2:
                make_worker(site).grade_next()
        running.cancel()
        return seen, feed

    seen, feed = asyncio.run(watch())
    told = [json.loads(event.removeprefix("data: ")) for event in seen[1:]]

    assert seen[0].startswith("retry")
    assert told[0] == {"title": "Waiting to be graded", "html": "<p>It is next.</p>", "over": False}
    assert [each["over"] for each in told] == [False, True]
    assert feed.stream_count == 0


@pytest.mark.train
def test_a_live_view_shows_nothing_of_an_earlier_one(site, ada):
    """Where a submission that had failed is graded once more, it isn't over again at once."""
    number = ada.hand_in()

    async def watch():
        feed = LiveFeed(lambda numbers: look_up_states(site.queue, 1, numbers))
        running = asyncio.create_task(feed.run())
        site.queue.claim_next("w")
        site.queue.finish("w", number, problem="x")
        first = [event async for event in feed.stream(number, "ada", lambda: False)]
        site.queue.requeue(number)
        async with aclosing(feed.stream(number, "ada", lambda: False)) as events:
            await anext(events)
            second = await anext(events)
        running.cancel()
        return first[-1], second

    first, second = asyncio.run(watch())

    assert '"over": true' in first
    assert '"over": false' in second


@pytest.mark.train
def test_a_live_view_ends_with_the_server_and_survives_a_database_that_fails():
    def fail(_numbers):
        raise OSError

    async def watch():
        feed, ending = LiveFeed(fail), []
        running = asyncio.create_task(feed.run())
        asyncio.get_running_loop().call_later(2.5, ending.append, 1)
        seen = [event async for event in feed.stream(1, "ada", lambda: bool(ending))]
        still_running = not running.done()
        running.cancel()
        return seen, still_running

    assert asyncio.run(watch()) == (["retry: 2000\n\n"], True)


def test_views_that_are_asked_for_at_once_stay_below_the_limit():
    """All of them were let through before the first one began."""

    async def watch():
        feed = LiveFeed(lambda _numbers: {})
        views = [feed.stream(1, "ada", lambda: False) for _ in range(MAX_STREAMS + 3)]
        first = [await anext(view) for view in views]
        opened = feed.stream_count
        for view in views:
            await view.aclose()
        return first, opened, feed.stream_count

    first, opened, left = asyncio.run(watch())

    assert first.count("retry: 2000\n\n") == opened == MAX_STREAMS
    assert left == 0


def test_one_person_opens_a_few_live_views(site, ada):
    number = ada.hand_in()
    site.live._streams["ada"] = 8

    assert ada.get(f"/submissions/{number}/events").status_code == 429


def test_metrics_and_the_log_have_no_word_on_who_asked(site, ada, caplog):
    """Routes as patterns, methods that are known; no path, no name, no id."""
    caplog.set_level("INFO", logger="grader.serve")
    number = ada.hand_in()
    ada.get(f"/submissions/{number}?name=secret")
    ada.client.request("BREW", "/secret")
    text = site.metrics.render_text({"waiting": 1.0}) + caplog.text

    assert 'route="/submissions/{number}",status="200"} 1' in text
    assert 'method="other",route="unknown"' in text
    assert "grade_serve_waiting 1" in text
    for word in ("ada", "secret", "BREW", f"/submissions/{number}"):
        assert word not in text


def test_a_histogram_counts_each_request_once():
    metrics = Metrics()
    metrics.note_request("GET", "/", 200, 0.02)
    metrics.note_request("GET", "/", 200, 99)
    lines = metrics.render_text({}).splitlines()

    assert 'grade_serve_request_seconds_bucket{le="0.01"} 0' in lines
    assert 'grade_serve_request_seconds_bucket{le="0.025"} 1' in lines
    assert 'grade_serve_request_seconds_bucket{le="+Inf"} 2' in lines


def test_the_graded_file_is_the_one_that_was_handed_in(site, ada):
    """Byte for byte, under the exercise's name."""
    graded = []

    def grade(_course, exercise, path, _options):
        graded.append((path.name, path.read_bytes(), read_submission(path).kind))
        return judge(exercise, path)

    ada.hand_in(CODE + b"\r\n# \xc3\xa4\n", name="häh.py")
    make_worker(site, grade).grade_next()

    assert graded == [("output_shapes.py", CODE + b"\r\n# \xc3\xa4\n", "py")]
