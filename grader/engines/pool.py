"""Processes for many submissions: trainers that serve one after another, and student processes, as copies of one.

A trainer never sees student code, so it may go on to the next submission; a student process is used once. A trainer
keeps the memory that it took once until it ends, so no more of them train at a time than there is room for. On a GPU,
and with JAX, trainers are no copies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from grader.engines import confine
from grader.engines.confine.spawning import make_keeper_copier
from grader.engines.copies import CAN_COPY_PROCESSES, Nursery
from grader.engines.folders import TemporaryFolder
from grader.engines.pair import PairRequest, ProcessPair, start_pair
from grader.engines.trainer import Device, TrainerProcess, TrainerSpec, can_copy_trainer
from grader.engines.trainer import build_trainer_environment as of_trainer
from grader.errors import GraderError

# A trainer whose submission has ended may still be in the middle of an epoch; longer than this isn't waited for it.
MAX_REST_S = 2.0
# After so many submissions a trainer is replaced, whatever it may have kept in memory.
MAX_SERVED = 200
LOOK_INTERVAL_S = 0.1
# What is left free of the card, for what isn't measured.
MAX_GPU_SHARE = 0.9
MAX_ANSWER_S = 20.0


class WarmTrainer:
    """One trainer of the pool.

    Args:
        spec: of which kind, and what it will most likely train on first.
        nursery: of which it is a copy where that can be.

    `took` is the most memory that it is known to have taken, `most` what its submission may take, in bytes;
    `like` says what others are like that submission, and `last` what they are like that it was connected with last.
    """

    def __init__(self, spec: TrainerSpec, nursery: Nursery) -> None:
        self.spec = spec
        source = nursery if can_copy_trainer(spec.device, spec.backend) else None
        self.process = TrainerProcess(spec, pooled=True, rehearsed=source is not None, nursery=source)
        self.served = self.took = self.most = 0
        self.like = self.last = ""
        self.at_rest = True

    def can_serve(self, spec: TrainerSpec) -> bool:
        """Whether it is of that kind; what it looked at beforehand makes no difference."""
        return replace(self.spec, dataset=spec.dataset) == spec

    def count_held_bytes(self, room: MemoryRoom) -> int:
        """Bytes that are to be counted for it: what it has taken, and what is expected while it works."""
        return max(self.took, room.estimate_need(self.like, self.most))

    def open_connection(self) -> socket.socket | None:
        """A connection for the next submission; None where the trainer has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.process.sock, [b"."], [theirs.fileno()])
            except OSError:
                ours.close()
                return None
        # A new trainer may still be importing, so its greeting isn't waited for here.
        if self.served and not _has_greeting(ours):
            ours.close()
            return None
        self.served += 1
        self.at_rest, self.last = False, self.like
        return ours

    def is_rested(self, wait_s: float, room: MemoryRoom) -> bool:
        """Whether it has ended its last submission and can take another; the room learns what that one took."""
        if not self.at_rest:
            self.process.sock.settimeout(wait_s)
            try:
                told = self.process.sock.recv(100)
            except OSError:
                return False
            if not told:
                return False
            self.at_rest, before = True, self.took
            self.took = int(told)
            room.record_use(self.last, before, self.took)
        return True


def _has_greeting(sock: socket.socket) -> bool:
    """Whether somebody at the other end says something: a process that is being killed takes connections for a while."""
    sock.settimeout(MAX_REST_S)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
    finally:
        sock.settimeout(None)


class LentTrainer:
    """A trainer of the pool as one attempt sees it; `kill` gives it back."""

    def __init__(self, pool: ProcessPool, warm: WarmTrainer, sock: socket.socket) -> None:
        self.pool, self.warm, self.sock = pool, warm, sock
        self.given_back = False

    def read_last_words(self) -> str:
        return self.warm.process.read_last_words()

    def measure_memory(self) -> int:
        return self.warm.process.measure_memory()

    def cpu_s(self) -> float:
        return self.warm.process.cpu_s()

    def end_process(self) -> None:
        """Ends the process, which then serves nobody else."""
        self.warm.process.end_process()

    def kill(self) -> None:
        """Ends the connection; idempotent."""
        self.sock.close()
        if not self.given_back:
            self.given_back = True
            self.pool.take_back_trainer(self.warm)


class ProcessPool:
    """Gives pairs to attempts, from several threads at once.

    Args:
        size: how many trainers may wait for work; as many as there are submissions at a time.
        rest_s: how long a trainer may take to get over its last submission.
        memory: bytes for all trainers together, of the GPU where they train on one; None: they take what they want.
    """

    def __init__(self, size: int, rest_s: float = MAX_REST_S, memory: int | None = None) -> None:
        self.size, self.rest_s, self.room = size, rest_s, MemoryRoom(memory)
        self._home = TemporaryFolder("grade-nursery-")
        of_student = {**confine.build_student_environment(), "HOME": str(self._home.path)}
        self._students = Nursery("grader.student.nursery", of_student, "student process")
        self._trainers = Nursery("grader.trainer.nursery", of_trainer("cpu", "tensorflow"), "trainer")
        self._idle: list[WarmTrainer] = []
        self._lent: set[WarmTrainer] = set()
        self._closed = False
        self._changed = threading.Condition()

    def start_pair(self, request: PairRequest) -> ProcessPair:
        """A pair for one attempt, once there is memory for it.

        Raises:
            GraderError: the pool was closed before that; or as `pair.start`.
            UsageError: as `pair.start`.
        """
        if not CAN_COPY_PROCESSES:
            return start_pair(request)
        # Started first, so that it imports while the trainer is waited for.
        self._students.start_interpreter()
        trainer = self._take_trainer(request)
        try:
            files, policy = request.files, request.policy
            return ProcessPair(
                confine.start_confined("grader.student", files, policy, spawn=make_keeper_copier(self._students)),
                trainer,
            )
        except BaseException:
            trainer.kill()
            raise

    def _take_trainer(self, request: PairRequest) -> LentTrainer:
        while True:
            warm = self._wait_for_trainer(request)
            sock = warm.open_connection() if warm.is_rested(self.rest_s, self.room) else None
            if sock is not None:
                return LentTrainer(self, warm, sock)
            assert warm.served  # the line of a new one is new
            with self._changed:
                self._lent.discard(warm)
            warm.process.kill()

    def _wait_for_trainer(self, request: PairRequest) -> WarmTrainer:
        """A trainer, the longest idle or a new one, as soon as it fits beside the others; lent from then on."""
        with self._changed:
            while not self._closed:
                while request.alone and self._idle:
                    self._idle.pop().process.kill()
                if (warm := self._find_fitting_trainer(request)) is not None:
                    self._lent.add(warm)
                    return warm
                self._changed.wait(LOOK_INTERVAL_S)
        raise GraderError("the batch was ended before this submission had its turn")

    def _find_fitting_trainer(self, request: PairRequest) -> WarmTrainer | None:
        """A trainer that isn't idle any more, for which idle ones may have had to end; None: it must wait."""
        while True:
            for idle in self._idle:
                if idle.is_rested(0.0, self.room):
                    idle.like, idle.most = "", 0
            need = self.room.estimate_need(request.like, request.policy.memory)
            warm = next((one for one in self._idle if one.can_serve(request.trainer)), None)
            wanted = need if warm is None else max(need, warm.took)
            others = [one for one in (*self._lent, *self._idle) if one is not warm]
            # A trainer alone always starts, or a submission with too large a limit would wait for ever.
            if not others or self.room.has_room(wanted, [one.count_held_bytes(self.room) for one in others]):
                if warm is None:
                    warm = WarmTrainer(request.trainer, self._trainers)
                else:
                    self._idle.remove(warm)
                warm.like, warm.most = request.like, request.policy.memory
                return warm
            if not self._idle:
                return None
            # An idle trainer makes room; the one that would be lent goes last.
            spare = next((one for one in self._idle if one is not warm), self._idle[0])
            self._idle.remove(spare)
            spare.process.kill()

    def take_back_trainer(self, warm: WarmTrainer) -> None:
        """A submission is over; keeps the trainer for the next one, and no more of them than there is work for."""
        spare: list[WarmTrainer] = []
        with self._changed:
            self._lent.discard(warm)
            if warm.served >= MAX_SERVED or self._closed:
                spare.append(warm)
            else:
                self._idle.append(warm)
            spare += self._idle[: max(0, len(self._idle) - self.size)]
            self._idle = self._idle[-self.size :]
            self._changed.notify_all()
        for one in spare:
            one.process.kill()

    def close(self) -> None:
        """Ends every process of the pool, of running attempts too, which then end as after a fault; idempotent."""
        with self._changed:
            self._closed = True
            waiting, self._idle, lent = self._idle, [], list(self._lent)
            self._changed.notify_all()
        for warm in waiting:
            warm.process.kill()
        for warm in lent:
            # Not `kill`, since their attempts still read the last words.
            warm.process.end_process()
        for nursery in (self._trainers, self._students):
            nursery.close()
        self._home.remove()


@contextlib.contextmanager
def open_pool(size: int | None = None, memory: int | None = None, device: Device = "auto") -> Iterator[ProcessPool]:
    """A pool for a while; by default for as many submissions at a time as there are cores.

    Args:
        memory: as for `ProcessPool`; None is what is free of the GPU, where there is one and it isn't left alone.
        device: where they train.
    """
    room = measure_gpu_memory() if memory is None and device != "cpu" else memory
    made = ProcessPool(size or os.cpu_count() or 1, memory=room)
    try:
        yield made
    finally:
        made.close()


class MemoryRoom:
    """Says whether one more training fits beside those that are going on.

    Args:
        memory: bytes for all trainers together; None: they take what they want.
    """

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self._known: dict[str, int] = {}

    def estimate_need(self, like: str, most: int) -> int:
        """Bytes that a trainer is expected to take.

        Args:
            like: what submissions that take about the same have in common.
            most: where nothing is known of these yet.
        """
        return self._known.get(like, most)

    def record_use(self, like: str, before: int, after: int) -> None:
        """Notes the most that a trainer ever took, before and after one submission, in bytes."""
        # A peak that didn't rise may be an earlier submission's, so it only serves where nothing better is known.
        if after > before or like not in self._known:
            self._known[like] = max(after, self._known.get(like, 0))

    def has_room(self, wanted: int, taken: Iterable[int]) -> bool:
        """Whether so many bytes fit beside those that others take."""
        return self.memory is None or wanted + sum(taken) <= self.memory


def measure_gpu_memory() -> int | None:
    """Bytes that trainers may take of the GPU that they will use; None where it is hidden, or no `nvidia-smi` tells of one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    first_card = None if visible is None else visible.partition(",")[0].strip()
    if first_card in ("", "-1"):  # CUDA shows no card then
        return None
    chosen = [] if first_card is None else ["-i", first_card]
    command = [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits", *chosen]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=MAX_ANSWER_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    first = told.partition("\n")[0].strip()
    return int(MAX_GPU_SHARE * int(first) * 2**20) if first.isdecimal() else None
