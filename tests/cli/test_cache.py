"""`grade cache` shows and clears what is kept."""

import pytest

from grader.cli import run_command_line
from grader.stores.store import Store


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))
    return tmp_path


def test_it_tells_what_is_kept_and_where(cache, capsys):
    """Number, size and bound of each kind, and the folder."""
    Store("trajectories").write_file("key", "record", b"x" * 2_000_000)

    assert run_command_line(["cache"]) == 0
    said = capsys.readouterr().out
    assert "trajectories: 1 (one for each training)\n  2.0 MB of 4,000 MB, the longest unused for 0 days\n" in said
    assert "verdicts: 0 (one for each graded file)\n  0.0 MB of 4,000 MB\n" in said
    assert f"in {cache}" in said


def test_it_clears(capsys):
    """Afterwards nothing is kept."""
    Store("verdicts").write_file("key", "verdict", b"x")

    assert run_command_line(["cache", "--clear"]) == 0
    assert "verdicts: 1 removed" in capsys.readouterr().out
    assert Store("verdicts").list_entries() == []


def test_the_bound_is_set_by_the_environment(monkeypatch, capsys):
    """GRADE_CACHE_LIMIT counts bytes; what isn't a number is passed over."""
    monkeypatch.setenv("GRADE_CACHE_LIMIT", "5000000")
    assert Store("verdicts").limit_bytes == 5_000_000
    monkeypatch.setenv("GRADE_CACHE_LIMIT", "lots")
    assert Store("verdicts").limit_bytes == 4_000_000_000
