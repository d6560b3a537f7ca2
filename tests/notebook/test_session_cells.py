"""Which cells of a session are graded, and what their numbers are."""

import json

import pytest

from grader.notebook.history import CellRecorder, RunCell, build_notebook, find_recorder, merge_reruns
from grader.submission import parse_bytes

pytest.importorskip("IPython")


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell()
    yield made
    made.history_manager.end_session()


def run(number, text, cell_id=None):
    return RunCell(number=number, text=text, cell_id=cell_id)


def order(cells):
    return [cell.number for cell in merge_reruns(cells)]


def test_a_cell_that_was_run_again_counts_with_its_last_text_at_its_first_place():
    """Known by the notebook's name of the cell, whatever it holds."""
    assert order([run(1, "a = 1", "x"), run(2, "b = a", "y"), run(3, "a = 2", "x")]) == [3, 2]
    assert order([run(1, "f()", "x"), run(2, "f()", "y")]) == [1, 2]


def test_without_names_it_is_known_by_its_text_or_its_definitions():
    """As in a front end that doesn't name its cells; calls and plain assignments stay where they are."""
    assert order([run(1, "import os"), run(2, "import os")]) == [2]
    assert order([run(1, "def f(): 1"), run(2, "f()"), run(3, '"""Better."""\ndef f(): 2\nclass G: pass')]) == [3, 2]
    assert order([run(1, "def f(): 1\nf()"), run(2, "def f(): 2")]) == [1, 2]
    assert order([run(1, "x = 1"), run(2, "x = 2")]) == [1, 2]
    assert order([run(1, "def f(): 1\ndef g(): 1"), run(2, "def f(): 2")]) == [1, 2]


def test_a_shell_is_watched_once(shell):
    """However often the extension is loaded; what was run before is in the history."""
    shell.run_cell("a = 1", store_history=True)
    recorder = find_recorder(shell)
    assert find_recorder(shell) is recorder
    shell.run_cell("b = (", store_history=True)
    shell.run_cell("1 / 0", store_history=True, cell_id="here")
    shell.run_cell("%time c = 3", store_history=True)
    shell.run_cell("d = 4", store_history=False)

    assert isinstance(recorder, CellRecorder)
    assert [(cell.number, cell.text, cell.cell_id) for cell in recorder.list_cells()] == [
        (1, "a = 1", None),
        (3, "1 / 0", "here"),
        (4, "%time c = 3", None),
    ]


def test_the_running_cell_is_graded_as_it_is(shell):
    """Also with a syntax error below `%%grade`, which the report then shows; any other such cell never ran."""
    recorder = find_recorder(shell)
    for text in ("a = (", "%%capture\nb = (", "c = 3"):
        shell.run_cell(text, store_history=True)
        numbers = [cell.number for cell in recorder.list_cells()]
        assert numbers == {"a = (": [], "%%capture\nb = (": [2], "c = 3": [3]}[text]


def test_the_numbers_are_those_of_the_session():
    """A report then says "cell 5" of the cell that shows `In [5]`."""
    text = build_notebook([run(5, "a = 1\nb = 2"), run(3, "%%grade pooling\nc = 3")])
    found = parse_bytes(text.encode(), ".ipynb")

    assert found.cells == [(1, 5), (4, 3)]
    assert found.source == "a = 1\nb = 2\n\n\nc = 3\n"


def test_the_numbers_of_a_notebook_that_was_handed_in_are_counted():
    """Whatever it was last run as."""
    made = json.loads(build_notebook([run(5, "a = 1"), run(3, "c = 3")]))
    made["metadata"] = {}

    assert [number for _, number in parse_bytes(json.dumps(made).encode(), ".ipynb").cells] == [1, 2]


def test_a_quiz_is_taken_to_its_end(shell, tmp_path, monkeypatch, capsys):
    """With its key, as in the course's own folder, the report follows below the cell."""
    from grader.notebook.magics import GradeMagics
    from grader.quiz.loading import hash_quiz, load_quiz_bytes

    text = "schema: grade-quiz/1\nid: tiny\ntitle: Tiny\nquestions: [{id: yes, kind: truefalse, prompt: Yes?}]\n"
    digest = hash_quiz(load_quiz_bytes(text.encode()))
    for name in ("quizzes", "solutions/quizzes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "quizzes/tiny.yaml").write_text(text)
    (tmp_path / "solutions/quizzes/tiny.yaml").write_text(
        f"schema: grade-key/1\nquiz: tiny\nquiz_digest: {digest}\nanswers: {{yes: {{correct: [true]}}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, value in (("COURSE", tmp_path), ("STATE", tmp_path / "state"), ("STUDENT", "ada")):
        monkeypatch.setenv(f"GRADE_{name}", str(value))
    typed = iter(["1", "submit"])
    monkeypatch.setattr("builtins.input", lambda _="": next(typed))

    GradeMagics(shell).grade_quiz("tiny --text")

    assert "tiny-ada-1.json" in capsys.readouterr().out
