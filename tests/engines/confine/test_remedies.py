"""What took namespaces away, and the line that gives them back."""

import pytest

from grader.cli import doctor
from grader.engines.confine.layers import ALWAYS_LAYERS, SYSTEM_LAYERS
from grader.engines.confine.remedies import SETTINGS, find_remedies

MISSING = {"user-namespace", "files"}


@pytest.mark.parametrize(("name", "value", "remedy"), SETTINGS, ids=[name for name, _, _ in SETTINGS])
def test_a_setting_of_the_kernel_is_named(name, value, remedy, tmp_path):
    """With the command that changes just this one; another value is no cause."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(f"{value}\n")

    assert find_remedies(MISSING, tmp_path) == [remedy]
    assert remedy.command.startswith(f"sudo sysctl -w {name.removeprefix('proc/sys/').replace('/', '.')}=")

    path.write_text(f"{1 - int(value)}\n")

    assert find_remedies(MISSING, tmp_path) == []


def test_a_containers_filter_is_named(tmp_path):
    """As /proc shows it; a process without a filter has 0 there."""
    status = tmp_path / "proc/self/status"
    status.parent.mkdir(parents=True)
    status.write_text("Name:\tpython\nSeccomp:\t2\nSeccomp_filters:\t1\n")

    (remedy,) = find_remedies(MISSING, tmp_path)
    status.write_text("Name:\tpython\nSeccomp:\t0\nSeccomp_filters:\t0\n")

    assert "seccomp=unconfined" in remedy.command
    assert find_remedies(MISSING, tmp_path) == []


def test_nothing_is_said_where_namespaces_are_there(tmp_path):
    """A setting that takes nothing away is nobody's concern; nor does it explain another layer."""
    path = tmp_path / SETTINGS[0][0]
    path.parent.mkdir(parents=True)
    path.write_text("1\n")

    assert find_remedies({"landlock", "memory-group"}, tmp_path) == []


def test_the_doctor_says_it(monkeypatch):
    """On a line of its own, with the command to copy."""
    monkeypatch.setattr(doctor, "find_remedies", lambda missing: [SETTINGS[0][2]] if "files" in missing else [])
    held = tuple(layer.name for layer in (*ALWAYS_LAYERS, *SYSTEM_LAYERS) if layer.name not in {"user", "user-namespace", "files"})

    lines = doctor.describe_sandbox_layers(held, (), 80)

    assert f"    {SETTINGS[0][2].command}" in lines
