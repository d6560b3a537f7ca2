"""The pages in a real Chromium: layout, accessibility, and that nothing of a student's runs.

Without `chromium` and `chromedriver` on the PATH they are skipped (see real_parts.py).
"""

import json
from pathlib import Path

import pytest
import report_samples as samples
from real_parts import find_program, require
from selenium import webdriver as selenium

from grader.reports import html
from grader.reports.write import write_folder

pytestmark = pytest.mark.browser
PAGES = [*samples.SAMPLES, "maps", "site/index"]
SCHEMES = ["light", "dark"]
WIDTHS = [360, 1280]


@pytest.fixture(scope="module")
def browser():
    require("chromium")
    options = selenium.ChromeOptions()
    options.binary_location = find_program("chromium")
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    instance = selenium.Chrome(options=options, service=selenium.ChromeService(find_program("chromedriver")))
    yield instance
    instance.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every sample's page, and a class of all of them."""
    root = tmp_path_factory.mktemp("pages")
    for name, make in samples.SAMPLES.items():
        verdict = make()
        write_folder(root, {f"{name}.html": html.render([verdict], {verdict.submission.sha256: samples.SOURCE})})
    verdict = samples.passed()
    shown = {(verdict.exercise, verdict.submission.sha256): samples.activations()}
    write_folder(root, {"maps.html": html.render([verdict], {}, shown)})
    write_folder(root / "site", html.render_site(samples.every() * 5))
    return root


def visit(browser, path, *, width=1280, scheme="light", media=""):
    """Opens a page at a width and in a colour scheme, with the logs of before thrown away."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri())


def requests(browser):
    """What was loaded; pictures that stand in the page itself count among the requests, but none is made for them."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [item["params"]["request"]["url"] for item in messages if item["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith("data:image/png;base64,")]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_page_fits_its_window_and_says_nothing_to_the_console(browser, folder, name, width, scheme):
    """Nothing sticks out at the right, the console stays empty, and the page's own file is all that is loaded."""
    page = folder / f"{name}.html"
    visit(browser, page, width=width, scheme=scheme)

    assert browser.execute_script("return document.documentElement.scrollWidth") == width
    assert browser.get_log("browser") == []
    assert requests(browser) == [page.as_uri()]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_colour_scheme_is_followed(browser, folder, scheme):
    """Light and dark have their own backgrounds."""
    visit(browser, folder / "passed.html", scheme=scheme)
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}[scheme]


def without_policy(page):
    """The page without its Content-Security-Policy, to see that escaping alone holds."""
    text = page.read_text(encoding="utf-8")
    stripped = page.with_name(f"{page.stem}-open.html")
    stripped.write_text(text.replace("Content-Security-Policy", "X-Nothing"), encoding="utf-8")
    return stripped


@pytest.mark.parametrize("policy", [True, False])
@pytest.mark.parametrize("name", ["hostile", "site/index"])
def test_nothing_of_a_student_runs(browser, folder, name, policy):
    """Script tags, event handlers, broken-out styles and javascript: links are all just text."""
    page = folder / f"{name}.html"
    visit(browser, page if policy else without_policy(page))

    assert browser.title != "owned"
    assert "document.title='owned'" in browser.execute_script("return document.body.textContent")
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.execute_script("return document.styleSheets.length") == 1
    handlers = (
        "return [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    assert browser.execute_script(handlers) == []
    links = browser.execute_script("return [...document.links].map(link => link.protocol)")
    assert set(links) <= {"file:"}


def test_a_script_that_did_get_in_would_not_run(browser, folder):
    """The page's policy stops a script that is put into it on purpose, so the second wall stands by itself."""
    page = folder / "planted.html"
    text = (folder / "passed.html").read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", "<script>document.title='owned'</script></main>"), encoding="utf-8")
    visit(browser, page)

    assert browser.title != "owned"
    assert "Content Security Policy" in browser.get_log("browser")[0]["message"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["passed", "gated", "crashed", "attempts", "quiz", "fault", "tables", "maps", "site/index"])
def test_axe_finds_nothing(browser, folder, name, scheme):
    """The accessibility rules of axe, contrast in both colour schemes included."""
    axe = pytest.importorskip("axe_core_python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    visit(browser, folder / f"{name}.html", scheme=scheme)
    browser.execute_script("document.querySelectorAll('details').forEach(e => e.open = true)")
    browser.execute_script(script)
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")

    assert [(item["id"], [node["html"] for node in item["nodes"]][:3]) for item in found["violations"]] == []


def test_maps_are_pictures_that_the_browser_shows(browser, folder):
    """Each one is decoded, square, and as wide as its neighbours of the same row; the policy lets them in."""
    visit(browser, folder / "maps.html", width=360)
    sizes = browser.execute_script("return [...document.images].map(e => [e.naturalWidth, e.width - e.height])")

    assert sizes == [[26, 0], [13, 0], [11, 0], [5, 0]] * 2 + [[26, 0], [13, 0]] * 2


def test_links_lead_to_the_pages_and_back(browser, folder):
    """From the index to a submission and back, by the links themselves."""
    visit(browser, folder / "site" / "index.html")
    browser.execute_script("document.querySelector('table.stack a').click()")

    assert browser.current_url.endswith("/submissions/0001-my-solution.html")
    browser.execute_script("document.querySelector('header a').click()")
    assert browser.current_url.endswith("/site/index.html")


def test_print_is_black_on_white_and_shows_all(browser, folder):
    """On paper, dark mode is off and nothing is hidden behind a scroll bar."""
    visit(browser, folder / "crashed.html", scheme="dark", media="print")
    style = "const style = getComputedStyle(document.querySelector('pre')); return [style.maxHeight, style.color]"

    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.execute_script(style) == ["none", "rgb(0, 0, 0)"]
