"""What a worker process is started with."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from grader.engines.trainer import Backend, Device


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """What a worker is started with, as one line of JSON on its standard input.

    Args:
        gradebook: its URL, which may hold a password and so is no argument that others could read.
        is_class: whether verdicts are a class's; otherwise they count for the learner's own progress, too.
        at_once: submissions at a time; None is one for each core, of this machine or of the Ray cluster.
        address: of the Ray cluster, with `engine` ray.
    """

    course: str
    gradebook: str
    is_class: bool
    at_once: int | None
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    memory: int | None = None
    device: Device = "auto"
    backend: Backend = "auto"
    sandbox: Literal["auto", "strict", "off"] = "auto"
