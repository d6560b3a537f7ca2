"""The course itself, proved by the real grader: stubs, solutions and wrong answers."""

import pytest

from grader import cli

pytestmark = pytest.mark.train


@pytest.mark.parametrize("exercise", ["exercise1", "exercise2", "exercise3"])
def test_selfcheck_holds(exercise, capsys):
    """The stub fails clearly, the solution earns full marks, every reject fails for its stated check and no other."""
    code = cli.run_command_line(["selfcheck", exercise])

    assert code == 0, capsys.readouterr().out
