"""`--help` of every command: what it does, an example that could be typed, and lines that fit a terminal."""

import re

import pytest

from grader import cli
from grader.cli import COMMANDS, MAIN_JOB

EXAMPLE = re.compile(r"^  (grade \S.*)$", re.MULTILINE)


@pytest.fixture
def told(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def run(*args):
        assert cli.run(list(args)) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example(told, name):
    """The help begins with the usage, and at least one example calls this very command."""
    text = told(name, "--help")
    examples = EXAMPLE.findall(text)
    called = [line.split()[1] for line in examples]

    assert text.startswith("Usage: ")
    assert name in called or (name == MAIN_JOB and "exercise3" in called), examples
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != MAIN_JOB])
def test_every_command_is_listed(told, name):
    """`grade --help` names it with a line of its own."""
    assert re.search(rf"^  {re.escape(name)}  +\S", told("--help"), re.MULTILINE)


def test_every_option_says_what_it_does():
    """No option of any command is without a help text."""
    group = cli.commands
    silent = [
        (name, option.opts)
        for name in COMMANDS
        for option in group.get_command(None, name).params
        if option.param_type_name == "option" and not option.help
    ]

    assert silent == []
