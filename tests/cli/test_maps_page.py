"""`--html` for an exercise that looks inside a model: what the run has kept of it stands on the page."""

from __future__ import annotations

from pathlib import Path

from grader import cli, submission
from grader.checks.loading import load_exercise
from grader.courses.course import Course
from grader.grading import GradingOptions, known
from grader.records.run import Activations, LayerActivations, Run, RunEnd
from grader.records.verdict import SubmissionRef, Verdict

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_shows_the_maps_of_a_stored_run(tmp_path, monkeypatch, capsys):
    """Also where the verdict was reached before, so that nothing is trained."""
    for name in ("GRADE_CACHE", "GRADE_STATE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("GRADE_COURSE", str(ROOT))
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("def activations(model, images): return []\n")
    source = submission.read_submission(Path("mine.py"))
    layer = LayerActivations(layer="conv_1", kind="Conv2D", shape=[1, 2, 2, 1], maps=[[[0.0, 1.0], [1.0, 0.0]]])
    run = Run(seed=7, end=RunEnd(kind="completed"), activations=Activations(layers=[layer], images=[28]))
    verdict = Verdict(
        exercise="feature_maps",
        submission=SubmissionRef(path="mine.py", sha256=source.sha256),
        status="failed",
        score=0.0,
        max_score=100.0,
        end="completed",
        checks=[],
    )
    course = Course(root=ROOT)
    key = known.make_verdict_key(course, load_exercise(course, "feature_maps"), source, GradingOptions())
    known.store_verdict(key, known.GradedSubmission(verdict=verdict, runs=[run], at=known.format_now()))

    assert cli.run_command_line(["feature_maps", "mine.py", "--html", "page.html", "-q"]) == 1
    assert 'alt="expected: conv_1 of test image 28"' in Path("page.html").read_text()
    assert capsys.readouterr().out == "feature_maps: failed, 0/100\n"
