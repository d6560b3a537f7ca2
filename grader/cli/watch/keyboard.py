"""Single keys from a terminal, without Enter; none where there is no terminal."""

from __future__ import annotations

import os
import select
import signal
import termios
import tty
from types import TracebackType
from typing import Any, Self, TextIO


class Keyboard:
    """The keys of a terminal while the `with` block lasts; its settings are put back afterwards.

    Args:
        stream: usually stdin; Ctrl-C keeps its meaning.
    """

    def __init__(self, stream: TextIO) -> None:
        self.present = stream.isatty()
        self._handle = stream.fileno() if self.present else -1
        self._settings: list[Any] = []
        self._resumed: Any = None

    def __enter__(self) -> Self:
        if self.present:
            self._settings = termios.tcgetattr(self._handle)
            self._set_key_mode()
            # After Ctrl-Z and `fg` the shell has reset the terminal's mode.
            self._resumed = signal.signal(signal.SIGCONT, lambda *_: self._set_key_mode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.present:
            signal.signal(signal.SIGCONT, self._resumed)
            termios.tcsetattr(self._handle, termios.TCSADRAIN, self._settings)

    def _set_key_mode(self) -> None:
        tty.setcbreak(self._handle)

    def read_key(self, wait_s: float = 0.0) -> str | None:
        """The next key in lower case, or None after `wait_s` seconds; "q" when the terminal has gone."""
        if not self.present:
            # A sleep, so that the caller's loop doesn't spin.
            select.select([], [], [], wait_s)
            return None
        if not select.select([self._handle], [], [], wait_s)[0]:
            return None
        try:
            typed = os.read(self._handle, 64)
        except OSError:
            return "q"
        # An arrow or a function key comes as several bytes and means nothing here.
        return typed.decode("utf-8", "replace").lower()[:1] if typed and typed[0] != 0x1B else "" if typed else "q"
