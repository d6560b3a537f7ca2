"""A line in vain in the report on a run that ended with an error."""

from grader import static, submission
from grader.checks import loading
from grader.courses import course as courses
from grader.grading.verdicts import build_verdict
from grader.records.run import Run, RunEnd

TEXT = "def train_mnist_conv():\n    images = load()\n    images.reshape(60000, 28, 28, 1)\n    model.fit(images)\n"


def test_what_an_error_asks_for_may_be_there_in_vain(tmp_path):
    """The line comes right after the error, before the hint, and is no second time among the notes."""
    (tmp_path / "a.py").write_text(TEXT)
    exercise = loading.load_exercise(courses.find_course(), "exercise3")
    source = submission.read_submission(tmp_path / "a.py")
    report = static.inspect_submission(source, exercise.function, None)
    end = RunEnd(kind="crashed", message="ValueError: expected ndim=4\nA hint.", line=4, traceback="Traceback")
    verdict = build_verdict(exercise, source, report, [Run(seed=7, end=end)], None, {})

    said = verdict.end_message.split("\n")
    assert said[0] == "ValueError: expected ndim=4"
    assert said[1].startswith("line 3: ")
    assert "`images = images.reshape(60000, 28, 28, 1)`" in said[1]
    assert said[2:] == ["A hint.", "Traceback"]
    assert verdict.notes == []
