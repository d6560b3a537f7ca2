"""A run that ends before its training, in processes that were started before there was a file."""

from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from grader import static, submission
from grader.checks import loading
from grader.courses import course as courses
from grader.engines import confine, pair
from grader.errors import GraderError, UsageError
from grader.grading import GradingOptions
from grader.grading.attempt import TrainingAttempt

SOLUTION = Path("solutions/exercise1/solution.py")


@dataclass
class Lender:
    """Lends one pair that it started itself, and remembers what was asked for."""

    asked: list[pair.PairRequest] = field(default_factory=list)

    def __call__(self, request):
        self.asked.append(request)
        return pair.start_pair(pair.PairRequest(policy=request.policy))


def children():
    return {p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE}


@pytest.mark.train
def test_until_probe():
    """The callbacks are tried, nothing is trained, and the lent processes are gone afterwards."""
    course, before = courses.find_course(), children()
    exercise, source, lender = (
        loading.load_exercise(course, "exercise1"),
        submission.read_submission(SOLUTION),
        Lender(),
    )
    plan = static.inspect_submission(source, exercise.function).plan

    run = TrainingAttempt(exercise, plan, source.name, 7, GradingOptions(until="probe", start=lender)).run()

    assert (run.end.kind, run.end.message) == ("gated", "the training has not been started")
    assert run.probe.outcomes
    assert run.architecture.layers
    assert (run.training, run.measured) == (None, None)
    assert [(request.trainer.one_thread, list(request.files)) for request in lender.asked] == [(True, ["solution.py"])]
    assert children() <= before


def test_no_trainer_stays_behind_a_student_process_that_cannot_start(monkeypatch):
    """Where the sandbox refuses to start, the trainer that was started beside it is ended."""
    policy = confine.SandboxPolicy(memory=10**9, output=1000, level="strict", without=("landlock", "network"))
    before = children()

    with pytest.raises((UsageError, GraderError), match="--sandbox strict: this machine lacks"):
        pair.start_pair(pair.PairRequest(policy=policy))

    assert children() <= before
