"""Memory that a process holds while it waits, where it is slow to be had."""

import pytest

from grader.engines import cushion

PLENTY = cushion.ROOM * cushion.BYTES


@pytest.fixture
def balloons(tmp_path):
    """A machine with one balloon, whose features are as they are given."""

    def of(features):
        (tmp_path / "virtio0").mkdir()
        (tmp_path / "bind").write_text("")
        if features is not None:
            (tmp_path / "virtio0" / "features").write_text(features)
        return tmp_path

    return of


@pytest.mark.parametrize(
    ("features", "room", "expected"),
    [
        ("0110010100\n", PLENTY, cushion.BYTES),
        ("0110010100\n", PLENTY - 1, 0),
        ("0110000100\n", PLENTY, 0),
        ("011\n", PLENTY, 0),
        (None, PLENTY, 0),
    ],
    ids=["slow", "scarce", "not taken back", "an old balloon", "unknown"],
)
def test_memory_is_held_only_where_the_host_takes_it_back(balloons, features, room, expected):
    """And where there is enough that nobody lacks it."""
    assert cushion.size(room, balloons(features)) == expected


def test_a_machine_that_is_not_virtual_holds_nothing(tmp_path):
    """There is no balloon."""
    assert cushion.size(PLENTY, tmp_path / "none") == 0


def test_free_memory_is_told_by_the_system(tmp_path):
    """In bytes, with what is only kept for speed; an old system tells nothing."""
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:      5 kB\nBuffers: 2 kB\n")
    found = [cushion.free(told)]
    told.write_text("MemTotal: 9 kB\n")
    found += [cushion.free(told), cushion.free(tmp_path / "none")]

    assert found == [5120, 0, 0]
