"""What the front tells the keeper, as words of its command line: `name=value`, then `--` and the command."""

from __future__ import annotations

from collections.abc import Callable

# Runs a command with an environment, in this process, and never returns.
Program = Callable[[list[str], dict[str, str]], None]


class Spec:
    """One start of student code.

    Args:
        words: what follows the program's name on the command line; names that may be repeated make lists.
    """

    def __init__(self, words: list[str]) -> None:
        end = words.index("--")
        self.command = words[end + 1 :]
        values: dict[str, list[str]] = {}
        for word in words[:end]:
            name, _, value = word.partition("=")
            values.setdefault(name, []).append(value)
        self.control = int(values["control"][0])
        self.grade = int(values["grade"][0])
        self.scratch = values["scratch"][0]
        self.memory = int(values["memory"][0])
        self.level = values["level"][0]
        self.read = values.get("read", [])
        self.hide = values.get("hide", [])
        self.show = values.get("show", [])
        self.need = values.get("need", [])
        self.environment = dict(pair.split("=", 1) for pair in values.get("env", []))
        self.without = frozenset(values.get("without", []))
        self.program: Program | None = None
        self.counted = False  # set by the keeper, once it knows whether a control group counts memory

    @property
    def disk(self) -> int:
        """Bytes that the private temporary file system holds."""
        return self.memory // 2

    def wants(self, layer: str) -> bool:
        """Whether a layer is to be tried."""
        return self.level != "off" and layer not in self.without
