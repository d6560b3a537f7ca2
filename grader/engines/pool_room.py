"""How much memory trainers take: told by themselves, remembered for submissions like theirs, and kept within a limit.

On a GPU it is the card's memory that counts, else the machine's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

# What is left free of the card, for what isn't measured.
SHARE = 0.9
ANSWER_S = 20.0


class Room:
    """Says whether one more training fits beside those that are going on.

    Args:
        memory: bytes for all trainers together; None: they take what they want.
    """

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self._known: dict[str, int] = {}

    def need(self, like: str, most: int) -> int:
        """Bytes that a trainer is expected to take.

        Args:
            like: what submissions that take about the same have in common.
            most: where nothing is known of these yet.
        """
        return self._known.get(like, most)

    def learn(self, like: str, before: int, after: int) -> None:
        """Notes the most that a trainer ever took, before and after one submission, in bytes."""
        if after > before or like not in self._known:
            self._known[like] = max(after, self._known.get(like, 0))

    def fits(self, wanted: int, taken: Iterable[int]) -> bool:
        """Whether so many bytes fit beside those that others take."""
        return self.memory is None or wanted + sum(taken) <= self.memory


def of_card() -> int | None:
    """Bytes that trainers may take of the GPU that they will use; None where no `nvidia-smi` tells of one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
    command = [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits", *(["-i", chosen] if chosen else [])]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    first = told.partition("\n")[0].strip()
    return int(SHARE * int(first) * 2**20) if first.isdecimal() else None
