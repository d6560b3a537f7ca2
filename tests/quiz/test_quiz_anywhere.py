"""Quizzes are taken on every system: nothing that only Unix has is imported."""

import subprocess
import sys
import textwrap

import pytest

from grader.errors import UsageError
from grader.quiz.sitting import AttemptStore

ONLY_UNIX = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")


def test_a_quiz_can_be_imported_without_what_only_unix_has():
    """`grade quiz` starts on Windows; its lock is filelock's."""
    program = f"""
        import os, sys
        import platformdirs, click  # what they import themselves depends on the system
        sys.modules.update(dict.fromkeys({ONLY_UNIX!r}))
        import filelock
        import grader.cli.quiz, grader.cli.quiz.marking, grader.quiz.taking, grader.quiz.sitting
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_one_terminal_at_a_time(tmp_path):
    """A second one is told of the first; when that has gone, it gets its turn."""
    shelf = AttemptStore(folder=tmp_path / "state")
    with (
        shelf.lock_attempts(),
        pytest.raises(UsageError, match="open in another terminal"),
        AttemptStore(folder=shelf.folder).lock_attempts(),
    ):
        pass
    with shelf.lock_attempts():
        assert shelf.list_attempts() == []
    with (
        pytest.raises(UsageError, match="can't be saved"),
        AttemptStore(folder=tmp_path / "state" / "lock" / "x").lock_attempts(),
    ):
        pass
