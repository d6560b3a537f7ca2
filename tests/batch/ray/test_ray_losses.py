"""What is said when workers are lost, can't start, or fail: the batch's side, with workers that do as they are told."""

import socket
from importlib import import_module
from types import SimpleNamespace

import msgspec
import pytest

from grader.batch.ray import messages
from grader.batch.ray.messages import GradingAnswer, MachineVersions
from grader.errors import GraderError, UsageError
from grader.grading import GradingOptions

HERE = msgspec.msgpack.encode(messages.describe_versions())


class Scripted:
    """A Ray whose calls are answered at once, each worker's `grade` by the next word of a script."""

    def __init__(self, script, exceptions, hello=HERE):
        self.script, self.exceptions, self.said, self.ended = list(script), exceptions, hello, 0

    def remote(self, **chosen):
        def method(answer):
            return SimpleNamespace(remote=lambda *given: (answer, object()))

        slot = SimpleNamespace(describe_node=method(lambda: self.said), grade=method(lambda: self.script.pop(0)),
                               report_progress=method(lambda: b""), end_processes=method(lambda: b""))  # fmt: skip
        return lambda cls: SimpleNamespace(remote=lambda setup: SimpleNamespace(**vars(slot)))

    def wait(self, refs, num_returns=1, timeout=None):
        return refs, []

    def get(self, ref):
        answer = ref[0]()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, bytes) else msgspec.msgpack.encode(answer)

    def kill(self, slot):
        self.ended += 1

    def cluster_resources(self):
        return {"CPU": 2.0}


@pytest.fixture(scope="module")
def engine():
    """Imports Ray for these tests alone: at the top of the file, every worker would wait a second for it."""
    pytest.importorskip("ray")
    return import_module("grader.batch.ray.engine")


@pytest.fixture(scope="module")
def lost(engine):
    """What Ray raises when a worker has gone."""
    return engine.ray.exceptions.RayActorError


@pytest.fixture
def started(monkeypatch, engine):
    def start(*script, hello=HERE):
        scripted = Scripted(script, engine.ray.exceptions, hello)
        monkeypatch.setattr(engine, "ray", scripted)
        return scripted, engine.RayCluster(b"", 1, 0.0)

    return start


def test_a_submission_that_takes_workers_with_it_is_given_up(started, lost):
    """After two losses, each of them told."""
    _, cluster = started(lost(), lost())

    with pytest.raises(GraderError, match="could not be graded here: 2 Ray workers were lost while they graded it"):
        cluster._send_until_answered(b"", GradingOptions())
    assert len(cluster.troubles) == 2
    assert cluster.troubles[0].startswith("a Ray worker was lost: ")


def test_after_one_loss_another_worker_gets_it(started, lost):
    """Its answer counts."""
    _, cluster = started(lost(), GradingAnswer(wrong="a.py can't be read"))

    with pytest.raises(UsageError, match=r"a.py can't be read"):
        cluster._send_until_answered(b"", GradingOptions())


def test_a_fault_there_is_a_fault_here(started):
    """Told with what the worker said."""
    _, cluster = started(GradingAnswer(fault="OSError: no space left"))

    with pytest.raises(GraderError, match="the grader failed on a Ray worker: OSError: no space left"):
        cluster._send_until_answered(b"", GradingOptions())


def test_a_worker_of_another_version_gets_nothing(started):
    """And where there is no other one, that is why the batch can't begin."""
    scripted, cluster = started(hello=msgspec.msgpack.encode(MachineVersions(host="node7", versions={"python": "3.9"})))

    with pytest.raises(GraderError, match=r"no worker of the Ray cluster could be started: node7 has python 3.9, and"):
        cluster.wait_for_first_worker()
    assert scripted.ended == 1


def test_a_worker_that_can_t_start_is_tried_again_a_few_times(started, lost, engine):
    """Then the batch ends with the reason."""
    error = lost()
    error.args = ("…\nModuleNotFoundError: No module named 'grader'\n",)
    _, cluster = started()
    cluster_says = "could be started: a Ray worker could not be started: "
    engine.ray.said = error

    with pytest.raises(GraderError, match=cluster_says):
        cluster.wait_for_first_worker()
    assert len(cluster.troubles) == 1 + engine.MAX_FAILED_STARTS


def test_no_worker_left_is_told(started, engine, monkeypatch):
    """After a while without any."""
    monkeypatch.setattr(engine, "WORKER_WAIT_S", -1.0)
    scripted, cluster = started()
    monkeypatch.setattr(scripted, "wait", lambda refs, num_returns=1, timeout=None: ([], refs))

    with pytest.raises(GraderError, match=r"no worker of the Ray cluster is left, and none came within .* \(it has 2 CPUs"):
        cluster._find_free_worker(GradingOptions())


def test_the_line_that_says_most_is_told(engine):
    """Of a traceback the error, of another message its first line, of none its kind."""
    assert engine._extract_error_line(ValueError("a\n  File x\nOSError: full\nmore")) == "OSError: full"
    assert engine._extract_error_line(ValueError("first\nsecond")) == "first"
    assert engine._extract_error_line(ValueError()) == "ValueError"


@pytest.mark.parametrize("address", ["nonsense", "ray://head:10001", "10.0.0.1:", "head:99999", ":1"])
def test_what_is_no_address_is_told(address, engine):
    """With what was given and what is expected."""
    with pytest.raises(UsageError, match=f"--address {address}: expected HOST:PORT, such as 10.0.0.1:6379, or auto"):
        engine.check_address(address)


def test_nobody_there_is_told_at_once(engine):
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(GraderError, match=f"no Ray cluster at {address}: Connection refused"):
            engine.check_address(address)
