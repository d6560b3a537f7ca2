"""Memory that a student's process holds while it waits for its file, where new memory is slow to be had.

The host of a virtual machine may take back what is free ("free page reporting"); to get it again takes 2 ms for a
megabyte, where it else takes a tenth of that.
"""

from __future__ import annotations

from pathlib import Path

NAME = "GRADE_CUSHION"
# Both splits of a dataset as the usual file scales them, in numbers of 8 bytes.
BYTES = 440_000_000
# So many times that is to be free, and allowed.
ROOM = 4
BALLOONS = Path("/sys/bus/virtio/drivers/virtio_balloon")
REPORTING = 5  # the feature's number


def size(room: int, balloons: Path = BALLOONS) -> int:
    """Bytes to hold; 0 where that is of no use, or memory is scarce.

    Args:
        room: bytes that the process may use, and that are free.
    """
    return BYTES if room >= ROOM * BYTES and any(map(_reports, balloons.glob("virtio*"))) else 0


def _reports(device: Path) -> bool:
    try:
        return (device / "features").read_text()[REPORTING : REPORTING + 1] == "1"
    except OSError:
        return False


def free(told: Path = Path("/proc/meminfo")) -> int:
    """Bytes of the machine that nobody would miss; 0 where the system doesn't tell."""
    try:
        lines = told.read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)
