"""What is said where `--engine ray` can't work, and what is sent to a node."""

import sys
from pathlib import Path

import msgspec
import pytest

from grader.batch.ray import messages
from grader.checks import loading
from grader.cli import run_command_line
from grader.courses import course as courses
from grader.courses.settings import load_settings
from grader.grading import GradedSubmission, GradingOptions
from grader.records.run import Run, RunEnd
from grader.records.verdict import SubmissionRef, Verdict

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text("x = 1\n")
    return "class"


def test_without_ray_it_says_how_to_get_it(place, capsys, monkeypatch):
    """One message with the command."""
    monkeypatch.setitem(sys.modules, "ray", None)

    assert run_command_line(["batch", "exercise1", place, "--engine", "ray"]) == 2
    assert capsys.readouterr().err == "grade: --engine ray needs Ray, which is not installed: pip install 'keras-grade[ray]'\n"


def test_an_address_needs_the_engine(place, capsys):
    """Who gives an address means a cluster."""
    assert run_command_line(["batch", "exercise1", place, "--address", "10.0.0.1:6379"]) == 2
    assert capsys.readouterr().err == "grade: --address 10.0.0.1:6379 is a Ray cluster's: add --engine ray\n"


def test_memory_is_of_one_machine(place, capsys):
    """The nodes of a cluster have what Ray gives them."""
    pytest.importorskip("ray")

    assert run_command_line(["batch", "exercise1", place, "--engine", "ray", "--memory", "8GB"]) == 2
    assert capsys.readouterr().err == "grade: --memory is for one machine: leave it out, or leave out --engine ray\n"


def test_a_node_gets_what_grading_needs_and_nobody_s_name(tmp_path):
    """Specification, stub, reference and dialect; no wrong answers, other exercises, or extensions of students."""
    for name in ("exercises", "solutions"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "course.yaml").write_text(
        "schema: grade-course/1\ndialect: reject\ngrading: {extensions: {ada: {pooling: 2d}}}\n"
    )
    course = courses.Course(root=tmp_path)
    made = messages.build_worker_setup(course, [loading.load_exercise(course, "pooling")])
    there = messages.write_course(made, tmp_path / "node")

    assert "ada" not in str(made.files["course.yaml"])
    assert not [name for name in made.files if "rejects" in name or "exercise1" in name]
    assert loading.load_exercise(there, "pooling") == loading.load_exercise(course, "pooling")
    assert (there.solutions / "pooling" / "reference.py").exists()
    assert load_settings(there).dialect == "reject"


def test_another_version_is_told():
    """The first thing that differs, on which node, and what to do."""
    ours = messages.describe_versions()
    theirs = messages.MachineVersions(host="node7", versions={**ours.versions, "keras": "2.15.0"})

    assert messages.describe_difference(messages.describe_versions(), ours) == ""
    assert messages.describe_difference(theirs, ours).startswith(f"node7 has keras 2.15.0, and this machine {ours.versions['keras']};")


def test_what_can_t_be_told_is_left_out_of_the_runs():
    """A value that MessagePack doesn't have costs the runs, not the verdict."""
    verdict = Verdict(
        exercise="small", title="", submission=SubmissionRef(path="a.py", sha256=""), status="passed", score=1.0,
        max_score=1.0, end="completed", checks=[],
    )  # fmt: skip
    run_ = Run(seed=7, end=RunEnd(kind="completed"), returned=2**70)
    answer = messages.GradingAnswer(graded=GradedSubmission(verdict=verdict, runs=[run_], at="2026-10-01T10:00:00+00:00"))
    back = msgspec.msgpack.decode(messages.encode_answer(answer), type=messages.GradingAnswer)

    assert (back.graded.verdict, back.graded.runs) == (verdict, [])


def test_choices_are_those_of_the_batch():
    """Each option that a verdict depends on goes along."""
    options = GradingOptions(seed=3, time_limit_s=60.0, device="cpu", fresh=True)

    assert GradingOptions(**msgspec.structs.asdict(messages.select_verdict_options(options))) == options


@pytest.mark.parametrize(
    ("gpus", "at_once", "device", "share"),
    [(0, 4, "auto", 0.0), (2, 4, "cpu", 0.0), (1, 4, "auto", 0.25), (2, 3, "auto", 0.5), (4, 2, "gpu", 1.0), (1, 3, "auto", 0.3333)],
)
def test_gpus_are_shared_so_that_all_fit(gpus, at_once, device, share):
    """Each submission's part of a GPU; a whole one where there are enough."""
    ray_engine = pytest.importorskip("grader.batch.ray.engine")

    assert ray_engine.compute_gpu_share(gpus, at_once, device) == share


def test_no_gpu_in_the_cluster_is_told():
    """Who asks for one hears it before anything is graded."""
    ray_engine = pytest.importorskip("grader.batch.ray.engine")

    with pytest.raises(Exception, match="--device gpu: the Ray cluster has no GPU; use --device auto or cpu"):
        ray_engine.compute_gpu_share(0, 4, "gpu")
