"""A learner's hour in a real JupyterLab: run all, the live display, the verdict, interrupt, restart, a failing cell, a quiz."""

import re
import shutil
from pathlib import Path

import psutil
import pytest
from dataset_samples import write_course
from jupyter_lab import LabNotebook, LabServer, start_browser, wait_until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytest.importorskip("jupyterlab")
pytest.importorskip("ipywidgets")

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
# exercises/ and quizzes/ are those of the course; the solution is only typed into cells.
POOLING = (ROOT / "solutions/pooling/solution.py").read_text()
TRAINING = """\
import keras

def train():
    (images, labels), _ = keras.datasets.shapes.load_data()
    model = keras.Sequential([keras.Input((16, 16)), keras.layers.Flatten(), keras.layers.Rescaling(1 / 255),
                              keras.layers.Dense(32, "relu"), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, labels, epochs={epochs})
    return history.epoch, history.history["accuracy"][-1]
"""


@pytest.fixture(scope="module")
def browser():
    started = start_browser()
    yield started
    started.quit()


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    """JupyterLab beside a small course."""
    root = tmp_path_factory.mktemp("lab")
    course = root / "course"
    write_course(course)
    shutil.copytree(ROOT / "exercises/pooling", course / "exercises/pooling")
    shutil.copy(ROOT / "quizzes/week3.yaml", course / "quizzes")
    started = LabServer(root, GRADE_COURSE=str(course), GRADE_STATE=str(root / "state"), GRADE_STUDENT="ada")
    yield started
    started.stop()


@pytest.fixture
def open_notebook(browser, server, request):
    """Writes a notebook with these cells and opens it."""

    def write(*sources):
        name = f"{request.node.name}.ipynb"
        server.write_notebook(name, sources)
        return LabNotebook(browser, server, name)

    return write


def look_over(notebook, index, part):
    """What is wrong with what is shown below a cell: it sticks out, has the wrong colours, or axe finds something."""
    script = (Path(pytest.importorskip("axe_core_python").__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    notebook.ask(script)
    found = []
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            notebook.show(width, scheme)
            (shown,) = notebook.find_output(index).find_elements(By.CSS_SELECTOR, part)
            wide = notebook.ask("return arguments[0].scrollWidth - arguments[0].clientWidth", shown)
            found += [(width, scheme, "sticks out", wide)] if wide > 0 else []
            told = notebook.browser.execute_async_script("axe.run(arguments[0]).then(arguments[1])", shown)
            found += [
                (width, scheme, each["id"], [node["html"] for node in each["nodes"]][:2]) for each in told["violations"]
            ]
    return found


def find_brightness(notebook, index, part):
    """From 0 to 255: of what is behind the text."""
    script = "return getComputedStyle(arguments[0]).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)"
    return max(notebook.ask(script, notebook.find_output(index).find_element(By.CSS_SELECTOR, part)))


def find_epoch(text):
    """The epoch that the live display is in; 0 before its curve begins."""
    found = re.search(r"epoch (\d+)/100000 · accuracy [01]\.\d", text)
    return int(found[1]) if found else 0


def find_processes(server):
    """All that runs below the kernels."""
    return [
        each for kernel in psutil.Process(server.process.pid).children() for each in kernel.children(recursive=True)
    ]


def test_a_training_is_shown_interrupted_and_run_again(open_notebook, server, browser):
    """Its curve grows; an interrupt leaves nothing running; after a restart the verdict stands there, also tomorrow."""
    notebook = open_notebook("%load_ext grader", TRAINING.format(epochs=100_000), "%grade outlines", "print(6 * 7)")
    notebook.do("notebook:run-all-cells")
    first = wait_until(lambda: find_epoch(notebook.read(2)))
    assert wait_until(lambda: find_epoch(notebook.read(2)) > first)
    assert notebook.find_output(2).find_elements(By.CSS_SELECTOR, "figure svg")
    started = find_processes(server)
    notebook.do("notebook:interrupt-kernel")

    assert started
    assert notebook.wait_for(2, "Interrupted").strip() == "Interrupted: nothing was graded."
    assert psutil.wait_procs(started, timeout=60)[1] == []
    notebook.wait_for_idle()
    assert notebook.read(3) == ""  # Lab runs no cell behind one that failed

    notebook.write(1, TRAINING.format(epochs=20))
    notebook.do("notebook:restart-run-all")
    notebook.confirm()
    notebook.wait_for(3, "42")
    assert "✓ PASSED" in notebook.read(2)
    assert look_over(notebook, 2, ".grade-verdict") == []

    for scheme, is_right in (("light", lambda found: found > 200), ("dark", lambda found: found < 60)):
        notebook.show(1280, scheme)
        assert is_right(find_brightness(notebook, 2, ".grade-verdict")), scheme
    notebook.save()
    again = LabNotebook(browser, server, notebook.name)
    assert "✓ PASSED" in again.wait_for(2, "Next:")
    assert (
        again.ask(
            "return window.getComputedStyle(arguments[0]).display",
            again.find_output(2).find_element(By.CSS_SELECTOR, ".checks"),
        )
        == "grid"
    )


def test_a_failing_cell_is_mended(open_notebook):
    """The report names the cell by the number beside it, as does Python."""
    broken = POOLING.replace("rows, columns = image.shape", "rows, columns = image.nothing")
    notebook = open_notebook("%load_ext grader", f"{broken}\nmax_pool(np.ones((2, 2)))", "%grade pooling")
    notebook.do("notebook:run-all-cells")
    notebook.wait_for(1, "AttributeError")
    notebook.wait_for_idle()
    assert notebook.read(2) == ""

    notebook.select(2)
    notebook.do("notebook:run-cell")
    assert "cell 2, line 14" in notebook.wait_for(2, "Next:")
    assert look_over(notebook, 2, ".grade-verdict") == []

    notebook.write(1, POOLING)
    notebook.do("notebook:run-all-cells")
    assert "100 / 100 points" in notebook.wait_for(2, "PASSED")


def test_a_quiz_is_answered_with_the_keyboard(open_notebook, browser):
    """Each answer is kept, also when the kernel is started again; what was handed in is a page without fields."""
    notebook = open_notebook("%load_ext grader", "%grade_quiz week3")
    notebook.do("notebook:run-all-cells")
    notebook.wait_for(1, "Saved: 0 of 6 answered.")
    assert look_over(notebook, 1, ".grade-quiz") == []

    notebook.find_fields(1)[0].send_keys(Keys.SPACE)
    notebook.wait_for(1, "Saved: 1 of 6 answered.")
    notebook.find_fields(1)[0].send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.SPACE)
    wait_until(lambda: [field.is_selected() for field in notebook.find_fields(1)[:2]] == [False, True])
    notebook.wait_for_idle()
    notebook.do("notebook:restart-run-all")
    notebook.confirm()
    notebook.wait_for(1, "Resumed: 1 of 6 answered.")
    wait_until(lambda: [field.is_selected() for field in notebook.find_fields(1)[:2]] == [False, True])

    notebook.press(1, "Hand in")
    notebook.wait_for(1, "5 questions without an answer.")
    notebook.press(1, "Hand in")
    assert "week3-ada-1.json" in notebook.wait_for(1, "Recorded, not graded.")
    assert notebook.find_fields(1) == []
