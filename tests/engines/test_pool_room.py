"""No more trainings at a time than memory has room for."""

import threading

import psutil
import pytest

from grader.cli import run_command_line
from grader.engines import pool as pools
from grader.engines.confine import SandboxPolicy
from grader.engines.pair import PairRequest
from grader.engines.pool import MemoryRoom, ProcessPool, measure_gpu_memory
from grader.engines.trainer import TrainerSpec
from grader.errors import GraderError


def test_what_is_known_of_submissions_is_the_most_that_one_like_them_took():
    """A trainer that took more for another exercise says little of this one; one that grew for it does."""
    room = MemoryRoom(10)
    assert room.estimate_need("a", 4) == 4

    room.record_use("a", 0, 3)
    room.record_use("a", 8, 8)
    room.record_use("b", 8, 8)
    assert (room.estimate_need("a", 4), room.estimate_need("b", 4)) == (3, 8)

    room.record_use("a", 3, 5)
    assert room.estimate_need("a", 4) == 5


@pytest.mark.parametrize(("memory", "fits"), [(None, True), (10, True), (9, False)])
def test_a_training_fits_beside_those_that_go_on(memory, fits):
    """All of them together take no more than the limit, where there is one."""
    assert MemoryRoom(memory).has_room(3, [4, 3]) is fits


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A machine with an `nvidia-smi` that answers as it is told."""

    def answering(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return answering


def test_the_card_says_what_is_free_on_it(card, monkeypatch):
    """Nine tenths of it, in bytes, of the first card that trainers will see."""
    card('case "$*" in *"-i 1"*) echo 2000;; *) echo 1000; echo 2000;; esac')
    assert measure_gpu_memory() == 943718400

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert measure_gpu_memory() == 1887436800


@pytest.mark.parametrize("hidden", ["", "-1", " ", "-1,0", ",1"])
def test_a_card_that_is_hidden_is_not_asked_about(card, monkeypatch, hidden):
    """An empty variable hides every GPU from CUDA, and so does what follows a number that is none."""
    card("echo 1000")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert measure_gpu_memory() is None
    assert TrainerSpec().build_environment()["CUDA_VISIBLE_DEVICES"] == hidden


@pytest.mark.parametrize("script", ["echo 'No devices were found'; exit 6", "echo '[N/A]'", "exit 9"])
def test_a_card_that_does_not_tell_sets_no_limit(card, script):
    """A driver that is broken or tells nothing is found out by the trainings."""
    assert measure_gpu_memory() is None
    card(script)

    assert measure_gpu_memory() is None


@pytest.mark.parametrize(
    ("asked_for", "limit"), [({}, 943718400), ({"device": "gpu"}, 943718400), ({"device": "cpu"}, None), ({"memory": 7}, 7)]
)
def test_trainers_of_a_pool_share_the_card(card, asked_for, limit):
    """What is free on it is the limit, unless another one is given or it is left alone."""
    card("echo 1000")
    with pools.open_pool(2, **asked_for) as made:
        assert made.room.memory == limit


def test_a_size_is_asked_for_with_its_unit(capsys):
    """Three what?"""
    assert run_command_line(["batch", "exercise1", "all/", "--memory", "3"]) == 2
    assert "'--memory': expected a size such as \"500MB\" or \"4GB\", got \"3\"" in capsys.readouterr().err


class Remembering(ProcessPool):
    """A pool that knows what it has lent, to take it back after a test."""

    def _take_trainer(self, request):
        self.given = [*getattr(self, "given", []), super()._take_trainer(request)]
        return self.given[-1]


@pytest.fixture
def pool():
    pytest.importorskip("jax")
    made = Remembering(4, rest_s=60.0, memory=4_200_000_000)
    yield made
    made.close()
    for lent in made.given:
        lent.kill()


def asked(like, **more):
    policy = SandboxPolicy(memory=4_000_000_000, output=1000)
    return PairRequest(policy=policy, trainer=TrainerSpec(device="cpu", backend="jax"), like=like, **more)  # which is up sooner


def later(pool, request):
    """Asks for a trainer in a thread, which notes what it gets."""
    got = []

    def ask():
        try:
            got.append(pool._take_trainer(request))
        except GraderError as error:
            got.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(0.5)
    return thread, got


@pytest.mark.train
def test_a_training_waits_until_there_is_memory_for_it(pool):
    """At first by what its exercise may take, then by what trainers took; idle ones end where others need the memory."""
    first = pool._take_trainer(asked("a"))
    waiting, second = later(pool, asked("a"))
    assert second == []

    first.kill()
    waiting.join(60.0)
    assert second[0].warm is first.warm
    assert 100_000_000 < pool.room.estimate_need("a", 4_000_000_000) < 2_500_000_000
    third = pool._take_trainer(asked("a"))  # the second one is counted by what is known now

    waiting, unknown = later(pool, asked("b"))
    assert unknown == []
    second[0].kill()
    third.kill()
    waiting.join(60.0)
    assert unknown[0].warm.count_held_bytes(pool.room) == 4_000_000_000
    assert not (psutil.pid_exists(first.warm.process.process.pid) and psutil.pid_exists(third.warm.process.process.pid))

    waiting, refused = later(pool, asked("b"))
    pool.close()
    waiting.join(60.0)
    assert str(refused[0]) == "the batch was ended before this submission had its turn"


@pytest.mark.train
def test_who_is_tried_alone_finds_nobody_else_there(pool):
    """Idle trainers keep what memory they took, so they end."""
    idle = pool._take_trainer(asked("a"))
    idle.kill()

    alone = pool._take_trainer(asked("a", alone=True))

    assert alone.warm is not idle.warm
    assert idle.warm.process.process.returncode is not None
