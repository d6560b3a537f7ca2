"""Grading inside a notebook: `%load_ext grader` and its magics, and the functions `grader.check` and `grader.hint`.

The kernel only shows; the training and the student's code run in the grader's own processes, as for a file.
"""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from grader.notebook.checking import CheckedCells, check_cells, explain_errors, find_shell, show_hints
from grader.notebook.history import find_recorder
from grader.notebook.magics import GradeMagics

__all__ = ["check", "hint", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext grader` calls: adds the magics, and begins to note which cells are run."""
    find_recorder(shell)
    shell.register_magics(GradeMagics)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What `%unload_ext grader` calls: notes no further cells."""
    shell.events.unregister("post_run_cell", find_recorder(shell).note_cell)


def check(exercise: str, *, fresh: bool = False) -> CheckedCells:
    """Grades the cells that were run so far in this notebook, and shows the verdict below the cell.

    Args:
        exercise: an exercise's id, such as "exercise3".
        fresh: grade anew, even if the same cells were graded before.

    Returns:
        The verdict, with `status`, `score` and `max_score`.

    Raises:
        CellError: there is no such exercise, the course or the machine is at fault, or it was interrupted.
    """
    with explain_errors():
        return check_cells(find_shell(), exercise, fresh=fresh)


def hint(exercise: str) -> None:
    """Prints one more hint each time, from a gentle question to nearly the code.

    Raises:
        CellError: there is no such exercise.
    """
    with explain_errors():
        show_hints(exercise)
