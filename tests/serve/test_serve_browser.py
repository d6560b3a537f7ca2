"""The pages in a real Chromium: every flow, at two widths, light and dark, with nothing on the console and axe content."""

import dataclasses
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from openid_provider import OpenIdProvider
from real_parts import find_program, require
from selenium import webdriver as selenium
from selenium.webdriver.common.by import By
from serve_samples import CODE, PEOPLE, judge, make_course, make_worker
from sign_in_samples import build_provider

from grader.grading.options import RunProgress
from grader.records.verdict import LineToCross, TrainingRecord
from grader.serve.opening import load_content, open_learner_site
from grader.serve.server import OrderlyServer, bind_port
from grader.serve.sign_in_pages import BACK_PATH
from grader.serve.sign_ins import AttemptSigner, SignIn, UsedStates

pytestmark = pytest.mark.browser
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser():
    require("chromium")
    options = selenium.ChromeOptions()
    options.binary_location = find_program("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    instance = selenium.Chrome(options=options, service=selenium.ChromeService(find_program("chromedriver")))
    yield instance
    instance.quit()


class Served:
    """A site on a real port, in a thread."""

    def __init__(self, site, port=None):
        self.site = site
        self.sock = bind_port("127.0.0.1", port)
        self.base = f"http://127.0.0.1:{self.sock.getsockname()[1]}"
        self.server = OrderlyServer(site)
        self.thread = threading.Thread(target=uvicorn.Server.run, args=(self.server, [self.sock]), daemon=True)
        self.thread.start()

    def stop(self):
        self.site.stopping.set()
        self.server.should_exit = True
        self.thread.join()
        self.sock.close()


@pytest.fixture
def served(tmp_path, monkeypatch, browser):
    """A learner's site, with the browser signed in."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    course = make_course(tmp_path / "course")
    site, token = open_learner_site(
        course, load_content(course), f"sqlite:///{tmp_path}/book.db", "ada", ("127.0.0.1",)
    )
    made = Served(site)
    browser.get_log("browser")
    browser.get(f"{made.base}/enter/{token}")
    yield made
    made.stop()


def click(browser, css):
    browser.find_element(By.CSS_SELECTOR, css).click()


def wait_until(condition, seconds=90):
    for _ in range(seconds * 10):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it didn't happen")


def look_over(browser):
    """What is wrong with the page as it is: it sticks out, something is on the console, or axe finds something."""
    script = (Path(pytest.importorskip("axe_core_python").__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    found = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            found += [(width, scheme, "wide", wide)] if wide != width else []
            browser.execute_script("document.querySelectorAll('details').forEach(e => e.open = true)")
            browser.execute_script(script)
            told = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
            found += [
                (width, scheme, item["id"], [node["html"] for node in item["nodes"]][:2]) for item in told["violations"]
            ]
    return found + [entry["message"] for entry in browser.get_log("browser")]


@pytest.fixture
def klass(make_site, browser):
    """A class's site with some work in it, and the browser signed in as its instructor."""
    site = make_site(
        settings="schema: grade-course/1\ngrading:\n  due: {output_shapes: 2020-01-01T00:00+00:00}\n  late: {per_day: 1%}\n"
    )
    site = dataclasses.replace(site, hosts=("127.0.0.1",))
    for student in ("ada", "bob"):
        for exercise in ("output_shapes", "pooling"):
            site.queue.add_submission(student, exercise, ".py", CODE + student.encode(), datetime.now(UTC))
    for _ in range(3):
        make_worker(site, lambda _c, exercise, path, _o: judge(exercise, path, status="failed")).grade_next()
    made = Served(site)
    browser.delete_all_cookies()
    browser.get_log("browser")
    browser.get(f"{made.base}/enter/{site.signer.sign_link(PEOPLE[3])}")
    yield made
    made.stop()


def test_instructors_pages_are_for_everybody(browser, klass):
    """The class, a student, a verdict, the machine, and what is looked into."""
    key, other = (one.key for one in klass.site.book.list_figures("output_shapes"))
    pages = ["/class", "/class/student?id=ada", f"/class/verdict?key={key}", "/machine", "/review/regrade/output_shapes",
             "/review/similar/output_shapes", f"/review/pair?a={key}&b={other}", "/review/items/warmup", "/review/regrade/warmup"]  # fmt: skip
    found = {}
    for page in pages:
        browser.get(klass.base + page)
        found[page] = look_over(browser)

    assert found == {page: [] for page in pages}


@pytest.fixture
def with_provider(make_site, browser, keys):
    """A class's site whose people sign in at a provider, and nobody signed in yet."""
    site = dataclasses.replace(make_site(), hosts=("127.0.0.1",))
    sock = bind_port("127.0.0.1", None)
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    sock.close()
    away = OpenIdProvider(base + BACK_PATH, keys[0])
    away.user = {"sub": "1", "student_number": "ada"}
    signer, used = AttemptSigner("x"), UsedStates(site.queue._engine, site.book.shown)
    sign_in = SignIn(provider=build_provider(away, redirect_uri=base + BACK_PATH), signer=signer, used=used)
    made = Served(dataclasses.replace(site, sign_in=sign_in), int(base.rpartition(":")[2]))
    browser.delete_all_cookies()
    browser.get_log("browser")
    yield made, away
    made.stop()
    away.stop()


def look_at_refusal(browser, url):
    """A page that is refused, as the console says, too."""
    browser.get(url)
    return [each for each in look_over(browser) if "Failed to load resource" not in str(each)]


def test_a_student_signs_in_at_the_provider_and_out(browser, with_provider):
    """By one button, back to the page that was asked for; no policy of the pages is in the way."""
    served, away = with_provider
    assert look_at_refusal(browser, f"{served.base}/exercises/pooling") == []
    click(browser, "a.button")
    wait_until(lambda: browser.current_url == f"{served.base}/exercises/pooling")
    assert "Ada" in browser.find_element(By.CSS_SELECTOR, ".who").text
    click(browser, "nav form button")
    wait_until(lambda: browser.title.startswith("Signed out"))
    assert look_over(browser) == []
    click(browser, "main a")
    wait_until(lambda: browser.current_url.startswith(f"{away.issuer}/logout"))
    away.user = {"sub": "2", "student_number": "nobody-of-the-class"}
    browser.get_log("browser")

    assert look_at_refusal(browser, f"{served.base}/sign-in") == []
    assert "nobody-of-the-class" in browser.page_source


def test_a_grade_is_corrected_by_hand(browser, klass):
    key = klass.site.book.list_figures("output_shapes", student="ada")[0].key
    browser.get(f"{klass.base}/class/verdict?key={key}")
    browser.find_element(By.ID, "points").send_keys("90")
    browser.find_element(By.ID, "reason").send_keys("As agreed")
    click(browser, "button[value=points]")
    wait_until(lambda: "90 points by Ines: As agreed" in browser.page_source)


def test_the_token_is_out_of_the_address(browser, served):
    assert browser.current_url == f"{served.base}/"
    assert browser.execute_script("return document.cookie") == ""


@pytest.mark.parametrize("page", ["/", "/exercises/output_shapes", "/exercises/pooling", "/quizzes/warmup"])
def test_pages_are_for_everybody(browser, served, page):
    browser.get(served.base + page)

    assert look_over(browser) == []


def test_a_file_is_handed_in_watched_and_judged(browser, served, tmp_path):
    """Stored, waiting, a curve that grows with the line to cross, and the verdict in its place, without a reload by hand."""
    going_on = threading.Event()

    def grade(_course, exercise, path, options):
        for epoch in range(4):
            options.progress(
                RunProgress(stage="training", epoch=epoch, epochs=4, accuracy=0.9 + epoch / 50, line=0.95, seed=7)
            )
            time.sleep(1.1)
        going_on.wait(200)
        record = TrainingRecord(
            epochs=[{"epoch": 0.0, "accuracy": 0.99}], stopped_by="callback", examples=60000, seed=7
        )
        return judge(exercise, path, training=[record], line_to_cross=LineToCross(metric="accuracy", above=0.95))

    (tmp_path / "mine.py").write_bytes(CODE)
    browser.get(f"{served.base}/exercises/output_shapes")
    browser.find_element(By.ID, "file").send_keys(str(tmp_path / "mine.py"))
    click(browser, "form.hand-in button")
    wait_until(lambda: "It is next" in browser.page_source)
    assert look_over(browser) == []
    worker = threading.Thread(target=make_worker(served.site, grade).grade_next)
    worker.start()
    wait_until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#live svg .dot")) >= 2)
    assert browser.find_elements(By.CSS_SELECTOR, "#live svg .line-label")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Being graded"
    assert "ended here" not in browser.page_source
    assert look_over(browser) == []
    going_on.set()
    worker.join()
    wait_until(lambda: "100 / 100 points" in browser.page_source)

    assert look_over(browser) == []
    assert browser.find_elements(By.CSS_SELECTOR, "nav.attempts [aria-current=page]")


def test_nothing_of_a_student_runs(browser, served):
    """With the report's words, the file's lines and what it printed."""
    hostile = b"<script>document.title='owned'</script><img src=x onerror=document.title='owned'>\n"
    number = served.site.queue.add_submission("ada", "pooling", ".py", hostile, datetime.now(UTC))
    text = hostile.decode()
    make_worker(
        served.site, lambda _c, exercise, path, _o: judge(exercise, path, status="failed", message=text, stdout=text)
    ).grade_next()
    browser.get(f"{served.base}/submissions/{number}")

    assert browser.title != "owned"
    assert "document.title='owned'" in browser.execute_script("return document.body.textContent")
    assert browser.execute_script("return document.scripts.length") == 1
    assert look_over(browser) == []


def test_a_quiz_is_taken_with_the_keyboard(browser, served):
    """An answer is saved when it is chosen; Enter goes on; what was chosen is there after a reload."""
    browser.get(f"{served.base}/quizzes/warmup")
    click(browser, "main form button")
    for _ in range(3):
        assert look_over(browser) == []
        if options := browser.find_elements(By.CSS_SELECTOR, ".option input"):
            options[0].send_keys(selenium.Keys.SPACE)
        else:
            browser.find_element(By.ID, "answer").send_keys("12")
        wait_until(lambda: browser.find_element(By.CSS_SELECTOR, ".saved").text == "Saved")
        browser.refresh()
        chosen = browser.find_elements(By.CSS_SELECTOR, ".option input:checked, #answer[value='12']")
        assert len(chosen) == 1
        before = browser.current_url
        chosen[0].send_keys(selenium.Keys.ENTER)
        wait_until(lambda before=before: browser.current_url != before)
    assert browser.current_url.endswith("/review")
    assert look_over(browser) == []
    click(browser, "main form button")

    wait_until(lambda: browser.current_url.endswith("/attempts/1"))
    assert look_over(browser) == []


def test_an_answer_that_can_t_be_saved_is_told(browser, served):
    """The server is gone: the page says so, and sends it with the next step."""
    browser.get(f"{served.base}/quizzes/warmup")
    click(browser, "main form button")
    served.stop()
    browser.find_elements(By.CSS_SELECTOR, ".option input, #answer")[0].send_keys(selenium.Keys.SPACE, "1")
    wait_until(lambda: "Not saved" in browser.find_element(By.CSS_SELECTOR, ".saved").text)
    browser.get_log("browser")


def test_pages_work_without_javascript(browser, served):
    """A waiting page loads itself anew; everything else is links and forms."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        number = served.site.queue.add_submission("ada", "pooling", ".py", CODE, datetime.now(UTC))
        browser.get(f"{served.base}/submissions/{number}")
        make_worker(served.site).grade_next()
        wait_until(lambda: "100 / 100 points" in browser.page_source)
        browser.get(f"{served.base}/quizzes/warmup")
        click(browser, "main form button")
        click(browser, "button[value=next]")
        wait_until(lambda: browser.current_url.endswith("/questions/2"))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
