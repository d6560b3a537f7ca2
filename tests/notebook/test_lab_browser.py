"""A learner's hour in a real JupyterLab: run all, the live display, the verdict, interrupt, restart, a failing cell, a quiz."""

import re
import shutil
from pathlib import Path

import nbformat
import psutil
import pytest
from dataset_samples import write_course
from jupyter_lab import LabNotebook, LabServer, start_browser, wait_until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import grade
from grader.release.student import release_course

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
    # Two exercises of one unit that define one name.
    for name in ("pooling", "halving"):
        shutil.copytree(ROOT / "exercises/pooling", course / "exercises" / name)
        spec = course / "exercises" / name / "exercise.yaml"
        spec.write_text(re.sub(r"^id: .*", f"id: {name}", spec.read_text(), flags=re.MULTILINE))
    shutil.copy(ROOT / "quizzes/week3.yaml", course / "quizzes")
    started = LabServer(root, GRADE_COURSE=str(course), GRADE_STATE=str(root / "state"), GRADE_STUDENT="ada")
    started.course = course
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
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            notebook.show(width, scheme)
            (shown,) = notebook.find_output(index).find_elements(By.CSS_SELECTOR, part)
            wide = notebook.ask("return arguments[0].scrollWidth - arguments[0].clientWidth", shown)
            found += [(width, scheme, "sticks out", wide)] if wide > 0 else []
        # At a phone's width, since colours are those of the theme.
        told = notebook.browser.execute_async_script("axe.run(arguments[0]).then(arguments[1])", shown)
        found += [(scheme, each["id"], [node["html"] for node in each["nodes"]][:2]) for each in told["violations"]]
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


def find_cell(path, words):
    """The place of the only code cell with these words."""
    cells = nbformat.read(path, as_version=4).cells
    (place,) = [index for index, cell in enumerate(cells) if words in cell.source and cell.cell_type == "code"]
    return place


def test_a_units_notebook_is_filled_in(browser, server):
    """As it was released: each exercise has its own function of the same name, a failing cell is mended, and the file is
    graded like the cells.
    """
    course = Course(root=server.course)
    release_course(course, server.folder / "students", ["pooling", "halving"], notebooks=True)
    (path,) = (server.folder / "students/units").iterdir()
    halved, stub, graded = (find_cell(path, f"#| exercise: {words}") for words in ("halving\n# GRADED", "pooling\n# GRADED", "pooling\n%grade"))
    broken = POOLING.replace("rows, columns = image.shape", "rows, columns = image.nothing")
    notebook = LabNotebook(browser, server, f"students/units/{path.name}")
    notebook.write(halved, f"#| exercise: halving\n{POOLING.replace('max(pixels)', 'min(pixels)')}")
    notebook.write(stub, f"#| exercise: pooling\n{broken}\nmax_pool(np.ones((2, 2)))")
    notebook.do("notebook:run-all-cells")
    notebook.wait_for(stub, "AttributeError")
    notebook.wait_for_idle()
    assert notebook.read(graded) == ""

    notebook.select(graded)
    notebook.do("notebook:run-cell")
    assert re.search(r"cell \d, line 15", notebook.wait_for(graded, "Next:"))
    assert look_over(notebook, graded, ".grade-verdict") == []

    notebook.write(stub, f"#| exercise: pooling\n{POOLING}")
    notebook.select(stub)
    notebook.do("notebook:run-cell")
    notebook.select(graded)
    notebook.do("notebook:run-cell")
    assert "100 / 100 points" in notebook.wait_for(graded, "PASSED")
    assert "FAILED" in notebook.read(find_cell(path, "halving\n%grade"))
    notebook.save()
    found = {name: grade(course, load_exercise(course, name), path).status for name in ("pooling", "halving")}
    assert found == {"pooling": "passed", "halving": "failed"}


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
