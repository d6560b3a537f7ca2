"""A learner's way through a real JupyterLab: run all, watch the training, interrupt, start again, take a quiz."""

import json
import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("jupyterlab")
pytest.importorskip("ipywidgets")

import axe_core_python
from lab import LabPage, open_chromium, run_lab, write_notebook
from real_parts import require
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
POOLING = (ROOT / "solutions/pooling/solution.py").read_text()
TRAINING = (ROOT / "solutions/exercise1/solution.py").read_text().split("if __name__")[0]
QUIZ = """
schema: grade-quiz/1
id: tiny
title: Three questions
questions:
  - {id: one, kind: single, prompt: One?, options: [{id: first, text: The first of two long answers that take more than one line on a phone}, {id: second, text: Second}]}
  - {id: many, kind: multiple, prompt: Many?, options: [{id: p, text: P}, {id: q, text: Q}]}
  - {id: count, kind: numeric, prompt: How many?, hints: [{text: Look., cost: 50%}]}
"""
# Where to keep pictures of what a learner sees, to look at them.
PICTURES = os.environ.get("GRADE_TEST_PICTURES")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A server of a folder, with a course of our exercises and one quiz; and the folder."""
    require("chromium")
    root = tmp_path_factory.mktemp("lab")
    course = root / "course"
    shutil.copytree(ROOT / "exercises", course / "exercises")
    (course / "quizzes").mkdir()
    (course / "quizzes/tiny.yaml").write_text(QUIZ)
    (root / "work").mkdir()
    named = {"GRADE_COURSE": str(course), "GRADE_STATE": str(root / "state"), "GRADE_STUDENT": "ada", "COLUMNS": "120"}
    with run_lab(root / "work", named) as address:
        yield address, root / "work"


@pytest.fixture(scope="module")
def chromium():
    require("chromium")
    with open_chromium() as driver:
        yield driver


@pytest.fixture
def open_notebook(lab, chromium):
    """A page with these cells."""
    address, folder = lab

    def make(name, *cells, **look):
        page = LabPage(chromium, address, write_notebook(folder / f"{name}.ipynb", *cells))
        page.open(**look)
        return page

    return make


def take_picture(page, name, cell=2):
    if PICTURES:
        page.script("window.jupyterapp.shell.currentWidget.content.widgets[arguments[0]].outputArea.node.scrollIntoView()", cell)
        page.driver.save_screenshot(f"{PICTURES}/{name}.png")


def test_a_training_is_watched_to_its_verdict(open_notebook):
    """Its curve grows below the cell; the verdict takes its place, and stays where nothing runs any more."""
    page = open_notebook("training", "%load_ext grader", TRAINING, "%grade --fresh exercise1")
    page.run("notebook:run-all-cells", wait=False)
    page.wait(lambda: "epoch 3/" in page.text(2))
    dots = page.script("return document.querySelectorAll('.jp-OutputArea-output circle.dot').length")
    take_picture(page, "live")
    page.wait(lambda: "PASSED" in page.text(2))
    take_picture(page, "verdict")

    assert dots >= 2
    assert "epoch 3/" not in page.text(2)
    (output,) = page.save().cells[2].outputs
    assert "✓ PASSED" in output.data["text/plain"]
    page.run("notebook:shutdown-kernel")
    page.open(width=400, scheme="dark")
    page.wait(lambda: "PASSED" in page.text(2))
    take_picture(page, "verdict-phone-dark")
    width, inner = page.script("const part = document.querySelector('.grade-verdict'); return [part.scrollWidth, part.clientWidth]")
    assert width <= inner


def test_an_interrupt_and_a_restart(open_notebook):
    """The training ends with one line; restarted, the notebook is graded from the beginning."""
    page = open_notebook("interrupt", "%load_ext grader", TRAINING, "%grade --fresh exercise1", POOLING, "%grade pooling")
    page.run("notebook:run-all-cells", wait=False)
    page.wait(lambda: "epoch 2/" in page.text(2))
    page.run("notebook:interrupt-kernel")
    page.wait(lambda: "Interrupted: nothing was graded." in page.text(2))
    assert page.text(4) == ""

    page.script("window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.setSource('%grade_hint pooling')")
    page.run("notebook:restart-run-all", wait=False)
    page.click(".jp-Dialog .jp-mod-accept")
    page.wait(lambda: "PASSED" in page.text(4))
    assert "Hint 1 of" in page.text(2)


def test_a_cell_that_fails_is_the_learners_to_mend(open_notebook):
    """It ends "run all"; the report names the cell by its number, and what comes after it can be graded."""
    broken = POOLING.replace("rows, columns = image.shape", "rows, columns = image.nothing")
    page = open_notebook("failing", "%load_ext grader", "1 / 0", broken, "%grade pooling")
    page.run("notebook:run-all-cells")
    assert "ZeroDivisionError" in page.text(1)
    assert page.text(3) == ""

    page.script("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2")
    page.run("notebook:run-all-below", wait=False)
    page.wait(lambda: "NOT PASSED" in page.text(3))
    take_picture(page, "failing", 3)
    assert "cell 3, line 14" in page.text(3)


def test_a_quiz_is_taken_with_the_keyboard(open_notebook, lab, chromium):
    """Every field has a name, every answer is kept, a new kernel goes on; what was handed in stays as a page."""
    page = open_notebook("quiz", "%load_ext grader", "%grade_quiz tiny", width=400)
    page.run("notebook:run-all-cells")
    page.wait(lambda: "Saved: 0 of 3 answered." in page.text(1))
    take_picture(page, "quiz-phone", 1)
    page.script((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = chromium.execute_async_script("axe.run('.grade-quiz').then(arguments[arguments.length - 1])")
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found["violations"]] == []

    keys = ActionChains(chromium)
    page.script("document.querySelector('.grade-quiz input').focus()")
    keys.send_keys(Keys.SPACE).perform()
    page.wait(lambda: "Saved: 1 of 3" in page.text(1))
    page.tab_to("input[type=checkbox]")
    keys.send_keys(Keys.SPACE).perform()
    page.wait(lambda: "Saved: 2 of 3" in page.text(1))
    page.tab_to("input[type=text]")
    keys.send_keys("many", Keys.ENTER).perform()
    page.wait(lambda: "Not saved: please type a number" in page.text(1))

    page.run("notebook:restart-run-all", wait=False)
    page.click(".jp-Dialog .jp-mod-accept")
    page.wait(lambda: "Resumed: 2 of 3 answered." in page.text(1))
    page.save()
    page.open(scheme="dark")
    page.run("notebook:run-all-cells")
    page.wait(lambda: "Resumed: 2 of 3 answered." in page.text(1))
    take_picture(page, "quiz-dark", 1)
    page.tab_to("input[type=text]")
    keys.send_keys("27", Keys.ENTER).perform()
    page.wait(lambda: "Saved: 3 of 3 answered." in page.text(1))
    page.tab_to("button.mod-primary")
    keys.send_keys(Keys.ENTER).perform()
    page.wait(lambda: "Recorded, not graded." in page.text(1))
    take_picture(page, "quiz-done", 1)

    assert page.script("return document.querySelectorAll('.jp-OutputArea-output input').length") == 0
    assert set(page.save().cells[1].outputs[0].data) == {"text/plain", "text/html"}
    given = json.loads((lab[1] / "tiny-ada-1.json").read_text())["answers"]
    assert (len(given["one"]), len(given["many"]), given["count"]) == (1, 1, "27")
