import pytest
from gradebook_samples import Sample

from grader import cli, submission
from grader.checks import loading
from grader.courses.course import Course
from grader.gradebook import Gradebook
from grader.grading import inspect_file, verdicts
from grader.records.run import Measurement, Run, RunEnd
from grader.records.verdict import TrainingRecord

SPEC = """schema: grade-exercise/1
id: exercise1
title: Dense layers
function: train_mnist
dataset: mnist
attempts: 1
pass_mark: 100%
limits: {cpu: 10min}
checks:
  - {id: threshold, check: training.reaches, args: {metric: accuracy, above: 0.9}, points: 60}
  - {id: epochs, check: training.epochs, args: {below: 5}, points: 10}
  - {id: generalises, check: measured.accuracy, args: {split: test, at_least: 0.95}, points: 30}
"""
SOURCE = """import tensorflow as tf

def train_mnist():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=9)
    return history.epoch, history.history["accuracy"][-1]
"""


def run_of(accuracies, test=0.97, kind="completed"):
    epochs = [{"epoch": float(index), "accuracy": value, "loss": 1 - value} for index, value in enumerate(accuracies)]
    return Run(
        seed=7,
        end=RunEnd(kind=kind),
        training=TrainingRecord(epochs=epochs, stopped_by="callback", examples=60000, seed=7) if epochs else None,
        measured=Measurement(train_accuracy=0.99, test_accuracy=test) if epochs else None,
        returned=[[0, 1], 0.95],
        has_returned=True,
    )


class Class:
    """A course of one exercise and a gradebook, in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.course = folder, Course(root=folder)
        (folder / "exercises/exercise1").mkdir(parents=True)
        (folder / "quizzes").mkdir()
        self.specify()
        self.book = Gradebook.open("sqlite:///gradebook.db")

    def specify(self, *changes):
        text = SPEC
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "exercises/exercise1/exercise.yaml").write_text(text)
        return loading.load_exercise(self.course, "exercise1")

    def hand_in(self, student, runs, text=SOURCE, source=True):
        """Grades as `grade` does, from runs that were not run."""
        exercise = loading.load_exercise(self.course, "exercise1")
        path = self.folder / f"{student}.py"
        path.write_text(f"# {student}\n{text}")
        read = submission.read_submission(path)
        report = inspect_file(self.course, exercise, read)
        verdict = verdicts.build_refused_verdict(exercise, read, report, 0.1) if report.findings else verdicts.build_verdict(
            exercise, read, report, runs, None, {"static": 0.1, "total": 2.0})  # fmt: skip
        graded = Sample(verdict=verdict, runs=[] if report.findings else runs)
        self.book.record_verdict(exercise, student, graded, source=path.read_bytes() if source else None)


@pytest.fixture
def klass(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Class(tmp_path)
    found.hand_in("ada", [run_of([0.5, 0.95])])
    found.hand_in("bob", [run_of([0.3] * 6 + [0.95])])
    return found


def regrade(capsys, *args):
    code = cli.run_command_line(["regrade", "exercise1", *args])
    return code, capsys.readouterr().out


def scores(klass, **fields):
    return {one.student: (one.score, one.status) for one in klass.book.list_figures(**fields)}


def test_a_looser_line_is_judged_from_the_stored_runs(klass, capsys):
    """Who changes is shown first; the verdict is the one that grading anew would give; the old ones are kept."""
    assert scores(klass) == {"ada": (100.0, "passed"), "bob": (90.0, "failed")}
    klass.specify(("below: 5", "below: 10"), ("points: 30", "points: 20"))
    code, out = regrade(capsys, "--yes")

    assert code == 0
    assert out.splitlines() == [
        "ada                  100 → 90 of 100 → 90 (-10)  [generalises 30 → 20]",
        "bob                  90 → 90 of 100 → 90  now passes  [epochs 0 → 10, generalises 30 → 20]",
        "exercise1: 2 verdicts judged again: 0 up, 1 down, 1 with the same score; 1 pass that did not, 0 no longer pass",
        "Wrote 2 verdicts to sqlite:///gradebook.db; the old ones are kept there.",
    ]
    assert scores(klass) == {"ada": (90.0, "passed"), "bob": (90.0, "passed")}
    assert len(klass.book.list_figures(current=False)) == 4
    after = klass.book.list_figures()[1]
    stored = next(klass.book.iter_documents([after.key]))[1]
    assert [check.status for check in stored.read_verdict().checks] == ["passed"] * 3
    assert stored.read_verdict().training == [stored.read_runs()[0].training]
    klass.hand_in("bob", [run_of([0.3] * 6 + [0.95])])
    assert [one.key for one in klass.book.list_figures() if one.student == "bob"] == [after.key]


def test_nothing_is_written_unless_it_is_agreed(klass, capsys):
    """A pipe is nobody who agrees."""
    klass.specify(("below: 5", "below: 10"))

    assert regrade(capsys, "--dry-run")[1].endswith("Nothing was written.\n")
    assert regrade(capsys)[1].endswith("Add --yes to write the new verdicts.\nNothing was written.\n")
    assert scores(klass)["bob"] == (90.0, "failed")


def test_nobody_is_lowered_where_that_is_asked(klass, capsys):
    """The better verdict stands."""
    klass.specify(("at_least: 0.95", "at_least: 0.99"), ("below: 5", "below: 1"))
    out = regrade(capsys, "--never-lower", "--yes")[1]

    assert out == "exercise1: 2 verdicts would be worse, and stand; nothing to do\n"
    assert scores(klass) == {"ada": (100.0, "passed"), "bob": (90.0, "failed")}


def test_never_lower_goes_by_the_share_of_the_points(klass, capsys):
    """The same points of more are less and may lose the pass; fewer points of fewer may be as good."""
    klass.specify(("below: 5", "below: 1"), ("points: 30", "points: 40"))
    assert regrade(capsys, "--never-lower", "--yes")[1].startswith("exercise1: 1 verdict would be worse, and stand\n")
    assert scores(klass) == {"ada": (100.0, "passed"), "bob": (100.0, "failed")}

    klass.specify(("points: 30", "points: 20"))
    regrade(capsys, "--never-lower", "--yes")
    assert scores(klass)["ada"] == (90.0, "passed")


def test_the_present_specification_leaves_nothing_to_do(klass, capsys):
    """And says so."""
    assert regrade(capsys) == (0, "exercise1: 2 verdicts, all by the present specification; nothing to do\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("dataset: mnist", "dataset: fashion_mnist"), "what is run has changed (dataset)"),
        (("attempts: 1", "seed: 8"), "what is run has changed (seed)"),
        (
            ("points: 30}", "points: 30}\n  - {id: callback, check: callback.stops_when, args: {metric: accuracy, above: 0.9}, points: 5}"),
            "the callbacks have to be tried on another line",
        ),
    ],
)
def test_what_is_run_needs_a_batch(klass, capsys, change, reason):
    """Stored runs can't tell how another run would end."""
    klass.specify(change)
    code, out = regrade(capsys, "--yes")

    assert code == 0
    assert f"2 verdicts can't be judged from what is stored: {reason}; run `grade batch exercise1` again" in out
    assert scores(klass)["ada"] == (100.0, "passed")


@pytest.mark.parametrize(
    ("runs", "change", "reason", "judged"),
    [
        ([run_of([0.2], kind="timed_out")], ("cpu: 10min", "cpu: 20min"), "it ended at a limit, and the limits have changed", "2 verdicts"),
        ([run_of([], kind="gated")], ("points: 60", "points: 50"), "its training was not started, and may start now", "2 verdicts"),
        ([run_of([0.2, 0.88])], ("attempts: 1", "attempts: 3"), "it may be tried with further seeds now", "1 verdict"),
    ],
)
def test_a_run_that_might_end_otherwise_needs_a_batch(klass, capsys, runs, change, reason, judged):
    """Only such; the others are judged."""
    klass.hand_in("cy", runs)
    klass.specify(change)
    out = regrade(capsys, "--dry-run")[1]

    assert f"can't be judged from what is stored: {reason}; run `grade batch exercise1` again" in out
    assert f"{judged} judged again" in out


def test_without_runs_or_file_nothing_can_be_judged(klass, capsys):
    """And a fault of ours is no verdict to judge from."""
    klass.hand_in("cy", [run_of([0.95])], source=False)
    klass.hand_in("dan", [])
    klass.specify(("below: 5", "below: 10"))
    out = regrade(capsys, "--dry-run")[1]

    assert "1 verdict can't be judged from what is stored: its runs or its file are not stored" in out
    assert "1 verdict can't be judged from what is stored: a fault of the grader or the machine kept it from a grade" in out


def test_a_file_that_was_refused_is_refused_again(klass, capsys):
    """With the new points; one that would be taken now has to be run."""
    klass.hand_in("cy", [], text="def train_mnist(:\n")
    klass.specify(("points: 60", "points: 50"))
    regrade(capsys, "--yes")
    assert [one.max_score for one in klass.book.list_figures() if one.student == "cy"] == [90.0]

    (klass.folder / "course.yaml").write_text("schema: grade-course/1\ndialect: reject\n")
    klass.hand_in("eve", [], text=SOURCE.replace('["accuracy"][-1]', '["acc"][-1]'))
    (klass.folder / "course.yaml").unlink()
    klass.specify(("points: 60", "points: 40"))
    assert "the file was not run before, and may be run now" in regrade(capsys, "--dry-run")[1]


def test_an_exercise_nobody_handed_in_is_told(klass, capsys):
    """Exit code 2."""
    Gradebook.open("sqlite:///empty.db")

    assert cli.run_command_line(["regrade", "exercise1", "--gradebook", "sqlite:///empty.db"]) == 2
    assert "holds no verdicts of exercise1; `grade batch exercise1 …` writes them" in capsys.readouterr().err


def test_many_changes_are_cut(klass, capsys):
    """Sixty lines are enough to see what happens."""
    for number in range(65):
        klass.hand_in(f"s{number:02}", [run_of([0.95])])
    klass.specify(("points: 60", "points: 50"))

    assert "… 7 more" in regrade(capsys, "--dry-run")[1].splitlines()


def test_a_specification_of_another_version_is_unknown(klass):
    """Then nothing can be compared."""
    assert klass.book.find_specification("none") is None
    assert klass.book.find_specification(klass.book.list_figures()[0].spec) == loading.load_exercise(klass.course, "exercise1")
