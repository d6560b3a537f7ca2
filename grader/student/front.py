"""The student process's connection to the grader: sends orders, findings and returned values; receives events."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NoReturn

import msgspec
import numpy as np

from grader.protocol.arrays import OrderedSpec
from grader.protocol.channel import Channel
from grader.protocol.orders import Order
from grader.protocol.wire import Remark, Returned, ToStudent, Unsupported
from grader.records.verdict import Note

MAX_NOTE_CHARS = 2000
MAX_ITEMS = 10_000
MAX_TOTAL = 50_000  # of all lists and dicts together
MAX_TEXT_CHARS = 10_000
MAX_DEPTH = 6


class RunEnded(BaseException):
    """The run is over for the grader; not an `Exception`, so that student code doesn't catch it by accident."""


class Front:
    """The one connection to the grader.

    Args:
        filename: the name under which the student's code is compiled; `line` finds its frames by it.
        receives: the messages that may arrive.
    """

    def __init__(self, filename: str = "", receives: Any = ToStudent) -> None:
        self.filename = filename
        self.channel = Channel(socket.socket(fileno=int(os.environ["GRADE_FD"])), receives)
        self.held: list[OrderedSpec] = []  # what the trainer has already
        self._remarks: set[tuple[int | None, str]] = set()
        self._broken_off = ""

    def send(self, message: msgspec.Struct, portions: Iterable[Any] = ()) -> None:
        """Sends a message with the content of its arrays, in portions; characters that no text can carry arrive as escapes."""
        # The student's code caught the error and went on, but the trainer's training is lost and can't be continued.
        if self._broken_off and isinstance(message, (Order, Returned)):
            what, self._broken_off = self._broken_off, ""
            self.report_unsupported(what, "set `self.model.stop_training = True` to end a training")
        try:
            self.channel.send(message, portions)
        # Only after a failure: converting every message would slow down thousands of events.
        except UnicodeEncodeError:
            plain = _escape_surrogates(msgspec.to_builtins(message))
            self.channel.send(msgspec.convert(plain, type(message)), portions)

    @contextlib.contextmanager
    def watch_callbacks(self) -> Iterator[None]:
        """Wraps student code that the trainer waits for: an exception from it ends the training for good."""
        try:
            yield
        except Exception as error:
            self._broken_off = f"{type(error).__name__[:100]} was raised while `fit` was running, so the training can't continue"
            raise

    def receive(self) -> Any:
        return self.channel.receive()

    def read_arrays(self, message: Any) -> list[np.ndarray[Any, Any]]:
        """Reads the arrays that follow a message."""
        result = []
        for spec in message.arrays:
            array = np.empty(spec.shape, spec.dtype)
            self.channel.read_into(array.reshape(-1).data)
            result.append(array)
        return result

    def find_line(self) -> int | None:
        """The line of the student's file that is being executed."""
        frame: FrameType | None = sys._getframe()
        # The innermost frame of the file: a `fit` in a helper function is shown there, not where the helper was called.
        while frame is not None and frame.f_code.co_filename != self.filename:
            frame = frame.f_back
        return frame.f_lineno if frame else None

    def send_remark(self, message: str) -> None:
        """A note for the report, once per line."""
        self.send_remark_at(self.find_line(), message)

    def send_remark_at(self, line: int | None, message: str) -> None:
        """A note for the report about a line, once."""
        note = (line, message[:MAX_NOTE_CHARS])
        # A loop over thousands of old calls should leave one note, and no file may flood the connection.
        if note not in self._remarks and len(self._remarks) < 200:
            self._remarks.add(note)
            self.send(Remark(note=Note(line=note[0], message=note[1])))

    def report_unsupported(self, message: str, instead: str = "", line: int | None = None) -> NoReturn:
        """Tells the grader that this can't be ordered, and ends the run; at `line`, else at the one that is executed."""
        told = (message[:MAX_NOTE_CHARS], instead[:MAX_NOTE_CHARS])
        self.send(Unsupported(message=told[0], instead=told[1], line=line or self.find_line()))
        raise RunEnded


def _escape_surrogates(value: Any) -> Any:
    r"""Plain data with every lone surrogate written as \udXXX."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escape_surrogates(key): _escape_surrogates(item) for key, item in value.items()}
    return [_escape_surrogates(item) for item in value] if isinstance(value, list) else value


def to_plain_data(value: Any) -> Any:
    """Numbers, text, lists and dicts as they are; anything else as `{"type": its class's name}`.

    NumPy scalars, 0-d arrays and tensors of one number become numbers; longer arrays become lists.
    """
    return _PlainConverter().convert_value(value, 0)


class _PlainConverter:
    """One value, and how many more of its parts may cross."""

    def __init__(self) -> None:
        self.left = MAX_TOTAL

    def convert_value(self, value: Any, depth: int) -> Any:
        # By the class's name, since plain functions run without TensorFlow and must not import it for this.
        if isinstance(value, (np.generic, np.ndarray)) or type(value).__name__ == "EagerTensor":
            value = np.asarray(value).tolist() if np.size(value) <= MAX_ITEMS else value
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            # msgpack has no larger integers; `int()` also turns a subclass into the plain type.
            return int(value) if -(2**63) <= value < 2**63 else {"type": "int", "text": "too large"}
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return str(value)[:MAX_TEXT_CHARS]
        if isinstance(value, (list, tuple, range)) and self._has_room_for(value, depth):
            return [self.convert_value(item, depth + 1) for item in value]
        if isinstance(value, dict) and self._has_room_for(value, depth):
            return {str(key)[:200]: self.convert_value(item, depth + 1) for key, item in value.items()}
        if type(value).__name__ == "History" and isinstance(getattr(value, "history", None), dict):
            shown = {"epoch": getattr(value, "epoch", None), "history": value.history}
            return {"type": "History", **{key: self.convert_value(item, depth + 1) for key, item in shown.items()}}
        return {"type": type(value).__name__[:200]}

    def _has_room_for(self, items: Any, depth: int) -> bool:
        if len(items) > min(MAX_ITEMS, self.left) or depth >= MAX_DEPTH:
            return False
        self.left -= len(items)
        return True
