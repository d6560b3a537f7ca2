"""What the trainer process does: serves submissions that the front connects it with, one order at a time."""

from __future__ import annotations

import gc
import os
import socket
import sys

from grader.engines.forking import find_version, import_without_collector

with import_without_collector():
    import keras
    from msgspec import structs

    from grader.protocol import keras_settings
    from grader.protocol.channel import Channel, ChannelClosed
    from grader.protocol.wire import Hello, ToTrainer
    from grader.stores.store import Store
    from grader.trainer import memory
    from grader.trainer.match.digests import DigestCache, list_offered_specs
    from grader.trainer.match.ordered_data import MatchCache
    from grader.trainer.order import identity
    from grader.trainer.submission_trainer import ProcessState, SubmissionTrainer
    from grader.trainer.training import loop, rehearsal
    from grader.trainer.training.trajectory import STORE_KIND, TrajectoryArchive

# "off" keeps no trainings: where student code may not be confined, it could write into the store.
STORE_VARIABLE = "GRADE_TRAJECTORIES"
# Set for a trainer that serves many submissions, one after another, and reports its peak of memory after each.
POOL_VARIABLE = "GRADE_POOL"
THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"


def _list_versions() -> dict[str, str]:
    names = ("keras", "tensorflow", "jax", "numpy")
    found = {name: find_version(name) for name in names}
    return {"python": sys.version.split()[0], **{name: version for name, version in found.items() if version}}


def run_trainer(find: MatchCache | None = None, shared: int = 0) -> None:
    """Serves the front at the other end of the inherited socket, or, of a pool's trainer, one connection after another.

    Args:
        find: has matched some data already.
        shared: bytes of memory that it has only from the process of which it is a copy, and doesn't take itself.
    """
    line = socket.socket(fileno=int(os.environ["GRADE_FD"]))
    if loop.scanning is not None:
        loop.scanning.skip_tensorflow()
        loop.logits.install_logit_losses()
    devices = keras.distribution.list_devices()
    device = "gpu" if any("gpu" in name.lower() or "cuda" in name.lower() for name in devices) else "cpu"
    hello = Hello(backend=keras.backend.backend(), device=device, versions=_list_versions())
    keras_settings.put()
    keras_settings.check()
    settled = identity.settings()
    archive = (
        TrajectoryArchive(Store(STORE_KIND), lambda: identity.check(settled))
        if os.environ.get(STORE_VARIABLE) != "off"
        else None
    )
    find = find or MatchCache(DigestCache())
    lasting = ProcessState(
        archive=archive,
        machine=identity.describe_machine(device),
        device=device,
        find=find,
        one_thread=device == "cpu" and hello.backend == "tensorflow" and os.environ.get(THREADS_VARIABLE) == "1",
    )
    if (dataset := os.environ.get(rehearsal.DATASET_VARIABLE)) is not None:
        rehearsal.run_rehearsal(dataset, lambda sock: serve_submission(sock, hello, lasting))
    if POOL_VARIABLE not in os.environ:
        serve_submission(line, hello, lasting)
        return
    while True:
        # Each submission has a socket of its own, so that no message of one can reach the next.
        _, received, _, _ = socket.recv_fds(line, 1, 1)
        if not received:
            return
        if not serve_submission(socket.socket(fileno=received[0]), hello, lasting):
            return  # the pool starts another one
        # Keras keeps what it knows of every model, which would pile up over the submissions of a pool.
        keras.utils.clear_session()
        gc.collect()
        # This also tells the pool that the next submission may come.
        line.send(str(memory.measure_peak(device) - shared).encode())


def serve_submission(sock: socket.socket, hello: Hello, lasting: ProcessState) -> bool:
    """Serves one submission until the front closes its end; returns False if the process must be replaced."""
    with sock:
        channel = Channel(sock, ToTrainer)
        trainer = SubmissionTrainer(channel, lasting)
        try:
            channel.send(structs.replace(hello, held=list_offered_specs(trainer.held)))
            while True:
                trainer.handle_message(channel.receive())
        except ChannelClosed:
            return not trainer.broken
