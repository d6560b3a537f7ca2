"""Grading in a real kernel: the magics, the functions, the display that changes, an interrupt."""

import json
import os
from pathlib import Path

import nbformat
import psutil
import pytest
import yaml
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.train
ROOT = Path(__file__).resolve().parents[2]
POOLING = (ROOT / "solutions/pooling/solution.py").read_text()
WRONG = POOLING.replace("max(pixels)", "min(pixels)")
TRAINING = (ROOT / "solutions/exercise1/solution.py").read_text().split("if __name__")[0]


class Kernel(NotebookClient):
    """Runs cells in a kernel of this Python and keeps what each display showed."""

    def __init__(self, cells, folder):
        self.shown = []
        made = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        super().__init__(made, kernel_name="python3", allow_errors=True, timeout=300, resources={"metadata": {"path": str(folder)}})

    def process_message(self, message, cell, index):
        if message["msg_type"] in ("display_data", "update_display_data"):
            self.shown.append((index, message["content"]["data"]))
            self.seen(index)
        return super().process_message(message, cell, index)

    def seen(self, index):
        """After each display."""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The outputs of each cell."""
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def execute(*cells, kind=Kernel):
        client = kind(cells, tmp_path)
        client.execute()
        nbformat.validate(client.nb)
        return client, [cell.outputs for cell in client.nb.cells]

    return execute


def text_of(outputs):
    return "".join(
        each.get("text") or "".join(each.get("traceback", [])) or each.get("data", {}).get("text/plain", "") for each in outputs
    )


def test_what_was_run_so_far_is_graded(run):
    """By a magic in a line or a cell, or by a function; a function that was corrected counts as it is now."""
    _, cells = run("%load_ext grader", WRONG, "%grade pooling", POOLING, "%grade pooling", "%%grade pooling\n" + WRONG,
                   "import grader\nresult = grader.check('pooling')\nprint(result.status, result.score)\nresult")  # fmt: skip

    assert [text_of(outputs).startswith("✓ PASSED") for outputs in cells] == [False, False, False, False, True, False, False]
    for index in (2, 4, 5):
        (shown,) = cells[index]
        assert set(shown["data"]) == {"text/html", "text/plain"}
        assert "<script" not in shown["data"]["text/html"]
    assert "\nfailed " in text_of(cells[6])
    assert len(cells[6]) == 2  # the verdict and what was printed; the result isn't shown a second time
    assert "this notebook" in text_of(cells[2])


def test_a_report_names_the_cell_and_its_line(run):
    """By the number beside the cell, also where cells before it never ran."""
    _, cells = run("%load_ext grader", "def broken(:", "x = 1", POOLING.replace("rows, columns = image.shape", "rows, columns = image.nothing"), "%grade pooling")

    assert "cell 4, line 14" in text_of(cells[4])


def test_a_wrong_word_is_one_line(run):
    """No traceback through the grader; and a course from a folder that has none."""
    _, cells = run("%load_ext grader", "%grade nothing", "%grade", "import grader\ngrader.hint('nothing')", "%grade_quiz nothing")

    for outputs in cells[1:]:
        assert text_of(outputs).startswith("grade: ")
        assert "Traceback" not in text_of(outputs)
        assert text_of(outputs).count("\n") <= 1


def test_hints_and_the_list(run):
    """The same as on the command line, and what was passed here is passed there."""
    _, cells = run("%load_ext grader", POOLING, "%grade pooling", "%grade_hint pooling", "import grader\ngrader.hint('pooling')", "%grade_list")

    assert text_of(cells[3]).startswith("Hint 1 of")
    assert text_of(cells[4]).startswith("Hint 2 of")
    assert "✓  pooling" in text_of(cells[5])


def test_a_training_is_shown_while_it_runs(run):
    """Its curve grows, and the verdict takes its place: one output, which needs nothing that runs."""
    client, cells = run("%load_ext grader", TRAINING, "%grade --fresh exercise1")
    texts = [data["text/plain"] for index, data in client.shown if index == 2]
    curves = [data["text/html"].count('<circle class="dot"') for index, data in client.shown if index == 2]

    assert len(cells[2]) == 1
    assert "PASSED" in text_of(cells[2])
    assert any("epoch 2/" in text for text in texts)
    assert curves[0] == 0
    assert max(curves[:-1]) >= 3


class Answering(Kernel):
    """Chooses the first option of a quiz's first question, as a front end does."""

    done = False

    def seen(self, index):
        if not self.done and "application/vnd.jupyter.widget-view+json" in self.shown[-1][1]:
            self.done = True
            field = next(name for name, state in self.widget_state.items() if state.get("_model_name") == "RadioButtonsModel")
            data = {"method": "update", "state": {"index": 0}, "buffer_paths": []}
            self.kc.shell_channel.send(self.kc.session.msg("comm_msg", {"comm_id": field, "data": data}))


def test_a_quiz_is_a_form_whose_answers_are_kept(run, tmp_path, monkeypatch):
    """Without a word of the key in the notebook; where no form can be shown there is text."""
    pytest.importorskip("ipywidgets")
    monkeypatch.setenv("GRADE_STUDENT", "ada")
    client, cells = run("%load_ext grader", "%grade_quiz week3", "x = 1", "%grade_quiz week3", kind=Answering)
    (attempt,) = (tmp_path / "state").rglob("attempt-1.json")
    held = json.dumps(client.widget_state)
    key = yaml.safe_load((ROOT / "solutions/quizzes/week3.yaml").read_text())

    assert len(json.loads(attempt.read_text())["answers"]) == 1
    assert "Saved: 0 of 6 answered." in held
    assert "Resumed: 1 of 6 answered." in held
    assert [answer["explain"] for answer in key["answers"].values() if answer["explain"] in held + nbformat.writes(client.nb)] == []
    assert "Where no form is shown: %grade_quiz week3 --text" in text_of(cells[1])


class Interrupting(Kernel):
    """Interrupts its kernel in the second epoch, once."""

    done = False

    def seen(self, index):
        if not self.done and "epoch 2/" in self.shown[-1][1]["text/plain"]:
            self.done = True
            self.below = psutil.Process(self.km.provisioner.pid).children(recursive=True)
            os.kill(self.km.provisioner.pid, 2)


def test_an_interrupt_ends_the_grading(run):
    """With one line; nothing goes on running, and the next cell can be run."""
    client, cells = run("%load_ext grader", TRAINING, "%grade --fresh exercise1", "print(6 * 7)", kind=Interrupting)

    assert client.below
    assert text_of(cells[2]) == "Interrupted: nothing was graded."
    assert text_of(cells[3]) == "42\n"
    assert psutil.wait_procs(client.below, timeout=20)[1] == []
