"""The layers of the sandbox by name: what each does, and what its absence means."""

from __future__ import annotations

from msgspec import Struct


class SandboxLayer(Struct, frozen=True, kw_only=True):
    """One layer, in words for a person."""

    name: str
    does: str
    without: str


def _make_layer(name: str, does: str, without: str) -> SandboxLayer:
    return SandboxLayer(name=name, does=does, without=without)


ALWAYS_LAYERS = (
    _make_layer("session", "a process session of its own, ended as a whole", ""),
    _make_layer("environment", "constant environment variables, none of the caller's", ""),
    _make_layer("output", "captured output is bounded", ""),
)
SYSTEM_LAYERS = (
    _make_layer("user", "a user id that nobody else has", "student code runs as the user who grades"),
    _make_layer("user-namespace", "a user namespace without any right outside", "ordinary users can't isolate files or network"),
    _make_layer("files", "a private file system: no home, no course, private /tmp and /dev/shm",
           "file names can be seen; what can be read is left to Landlock and file permissions"),
    _make_layer("processes", "sees and signals no process but its own; all end together",
           "processes that hide are hunted one by one when a run ends"),
    _make_layer("network", "a network without any interface", "only the system-call filter keeps it from the network"),
    _make_layer("ipc", "System V objects and message queues of its own", "only the system-call filter keeps it from them"),
    _make_layer("hostname", "a host name of its own", "it can read the machine's name"),
    _make_layer("cgroups", "control groups can't be seen", "it can read the names of control groups"),
    _make_layer("limits", "resource limits: processes, open files, file size, no core dumps", "it can exhaust them"),
    _make_layer("memory-group", "the kernel counts all memory, also shared and in files",
           "memory is looked at ten times a second instead"),
    _make_layer("process-group", "the kernel counts processes and threads", "the resource limit alone bounds them"),
    _make_layer("memory-watch", "the tree's memory is watched and the tree ended beyond its limit", "nothing watches memory"),
    _make_layer("capabilities", "no capability, none can come back", "root's rights remain"),
    _make_layer("privileges", "no program that it starts gains rights", "set-user-id programs work"),
    _make_layer("landlock", "opens only files that it needs, no TCP", "file permissions alone protect the machine's files"),
    _make_layer("system-calls", "dangerous system calls are refused, no sockets", "all of the kernel can be called"),
)  # fmt: skip
LAYERS_BY_NAME = {layer.name: layer for layer in (*ALWAYS_LAYERS, *SYSTEM_LAYERS)}
# Either one does the job: root takes a fresh user, everybody else a user namespace.
REPLACEMENT_LAYERS = {"user": "user-namespace", "user-namespace": "user", "memory-group": "memory-watch"}


def list_missing_layers(held: tuple[str, ...]) -> list[SandboxLayer]:
    """The layers that aren't there, and for which nothing else stands in."""
    return [
        layer for layer in SYSTEM_LAYERS if layer.name not in held and REPLACEMENT_LAYERS.get(layer.name) not in held
    ]
