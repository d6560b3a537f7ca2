"""Starts small programs in the sandbox for the tests."""

import contextlib
import functools
import os
import time

import pytest

from grader.engines import confine

ALL = tuple(layer.name for layer in confine.SYSTEM_LAYERS)


def start(program, *, memory=1_000_000_000, output=10_000, files=None, without=(), only=None, **more):
    """A confined `program`; `only` names the layers to have, `without` those to leave out."""
    left_out = tuple(name for name in ALL if name not in only) if only is not None else without
    policy = confine.SandboxPolicy(memory=memory, output=output, without=left_out, **more)
    path = os.pathsep.join([".", confine.build_student_environment()["PYTHONPATH"]])
    return confine.start_confined(
        "program", {"program.py": program.encode(), **(files or {})}, policy, {"PYTHONPATH": path}
    )


@contextlib.contextmanager
def running(program, **more):
    process = start(program, **more)
    try:
        yield process
    finally:
        process.kill()


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def outcome(program, **more):
    """The exit code and the output of a program that ends."""
    with running(program, **more) as process:
        wait_for(lambda: process.wait_for_code(0.01) is not None)
        return process.returncode, process.read_output()


def said(program, **more):
    """What a program prints; one that fails fails the test."""
    code, output = outcome(program, **more)
    assert code == 0, output
    return output.strip()


@functools.cache
def present():
    """The layers that this machine has."""
    with running("") as process:
        return frozenset(process.layers)


def skip_without(*layers):
    """Skips the test on a machine that has not all these layers."""
    missing = set(layers) - present()
    if missing:
        pytest.skip(f"this machine has no {', '.join(sorted(missing))}")
