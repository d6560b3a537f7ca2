"""What `grade doctor` says of a machine."""

import tomllib
from pathlib import Path

from grader.cli import doctor, run_command_line
from grader.engines.confine.layers import ALWAYS_LAYERS, SYSTEM_LAYERS
from grader.leniency.packages import COMMON, find_absent

EVERY = tuple(layer.name for layer in (*ALWAYS_LAYERS, *SYSTEM_LAYERS))


def without(*names):
    return tuple(name for name in EVERY if name not in names)


def test_a_machine_with_everything_is_said_to_be_one():
    """With every layer there, strict is offered."""
    lines = doctor.describe_sandbox_layers(EVERY, (), 80)

    assert lines[-1] == "All layers are there. `--sandbox strict` works on this machine."


def test_what_is_missing_is_told_with_what_that_means():
    """A missing layer is told with its meaning and the system's reason."""
    text = "\n".join(doctor.describe_sandbox_layers(without("landlock"), ("landlock: not supported",), 80))

    assert "  NO   landlock: opens only files that it needs, no TCP\n       Without it file permissions" in text
    assert "Missing: landlock. `--sandbox strict` refuses" in text
    assert text.endswith("The system says: landlock: not supported")


def test_a_layer_that_another_one_stands_in_for_isnt_missing():
    """An ordinary user has no user id to give, and needs none where user namespaces are."""
    text = "\n".join(doctor.describe_sandbox_layers(without("user", "memory-group"), (), 80))

    assert "user: not needed, user-namespace stands in for it" in text
    assert "All layers are there" in text


def test_lines_fit_a_narrow_terminal(monkeypatch):
    """No line is wider than the terminal, but for the one that names versions, and commands to copy."""
    monkeypatch.setattr(doctor, "find_remedies", lambda missing: [])
    lines = doctor.describe_sandbox_layers(without("files", "network", "landlock"), (), 40)

    assert max(len(line) for line in lines[1:]) <= 40


def test_the_command_tells_of_this_machine(capsys):
    """The command starts a process, looks at its layers, and ends with 0."""
    code = run_command_line(["doctor"])

    assert code == 0
    assert "The sandbox of student code:" in capsys.readouterr().out


def test_packages_that_are_missing_are_named_with_the_way_to_get_them():
    """The usual ones and those that the course promises; one that is there isn't listed."""
    text = "\n".join(doctor.report_packages(["json", "no_such_thing"], 100))

    assert "NO   no_such_thing (course.yaml promises it)" in text
    assert "json" not in text
    assert all(f"NO   {name} (`pip install {COMMON[name]}`)" in text for name in find_absent(COMMON))


def test_the_extra_brings_what_the_table_names():
    """`pip install keras-grade[common]` and the table of packages are two lists of the same."""
    extras = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert sorted(extras["common"]) == sorted(COMMON.values())
