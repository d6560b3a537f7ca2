"""Lines of notebooks are named by cell."""

from grader.grading import verdicts
from grader.records.verdict import CheckResult, Note
from grader.submission import Submission

NOTEBOOK = Submission(path="a.ipynb", name="a.ipynb", sha256="", cells=[(1, 1), (10, 2)])
SCRIPT = Submission(path="a.py", name="a.py", sha256="")
RESULT = CheckResult(
    id="a", title="A", status="failed", points=0, max_points=1, basis="measured", message="too low", line=12
)


def test_a_check_names_its_cell():
    """The message says cell and line, and no line of the joined text remains."""
    (told,) = verdicts.add_cells_to_checks([RESULT], NOTEBOOK)

    assert (told.message, told.line) == ("too low (code cell 2, line 3)", None)
    assert verdicts.add_cells_to_checks([RESULT], SCRIPT) == [RESULT]


def test_a_note_names_its_cell():
    """A note begins with its cell; one without a line stays."""
    notes = [Note(line=3, message="old"), Note(line=None, message="plain")]

    assert verdicts.add_cells_to_notes(notes, NOTEBOOK) == [
        Note(line=None, message="code cell 1, line 3: old"),
        notes[1],
    ]
    assert verdicts.add_cells_to_notes(notes, SCRIPT) == notes


def test_a_traceback_names_its_cells():
    """Frames name the cell instead of the line of the joined text."""
    text = 'File "a.ipynb", line 11, in train\n    x = 1\n'

    assert (
        verdicts.add_cells_to_traceback(text, NOTEBOOK) == 'File "a.ipynb", code cell 2, line 2, in train\n    x = 1\n'
    )
    assert verdicts.add_cells_to_traceback(text, SCRIPT) == text
