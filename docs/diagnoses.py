"""Writes docs/diagnoses.md: what the grader says of honest failures, each said by the code itself.

python docs/diagnoses.py                            # the page
python docs/diagnoses.py --grade pooling lenet5     # after grading the rejects of these exercises (or of all) anew
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader import static, submission
from grader.checks import CHECKS, CheckOutcome, loading
from grader.courses import exercise as exercises
from grader.courses.course import Course
from grader.engines.pair import StartPair
from grader.engines.pool import open_pool
from grader.grading import GradingOptions, grade
from grader.grading.curves import build_probe_curves
from grader.leniency.old_names import ARGUMENTS, KERAS, KEYS, METHODS, NUMPY, PACKAGES, TENSORFLOW
from grader.messages.error_hints import ERROR_HINTS, find_error_hint
from grader.records.run import (
    Architecture,
    CallbackProbe,
    CurveOutcome,
    DataMatch,
    Measurement,
    ModelLayer,
    Run,
    RunEnd,
)
from grader.records.verdict import TrainingRecord, Verdict

ROOT = Path(__file__).resolve().parents[1]
STUDENTS = ROOT / "tests/fixtures/students"
SENTENCES = ROOT / "docs/first_sentences.json"
LINE = 0.998
INTRODUCTION = """# What the grader says, and the way out

Written by `python docs/diagnoses.py`, which lets the code speak: each line below is what a student reads. The files
that are refused are those in `tests/fixtures/students`.
"""


def main() -> str:
    """The page."""
    parts = [
        INTRODUCTION,
        "## Before anything is run\n\nThe file is read, never run, to say these.\n",
        _table(("code", "message", "the way out"), sorted(set(_refusals()))),
        "## The model, the data, the callback, the training\n",
        _table(("what is wrong", "message", "the way out"), _failures()),
        "## The first sentence about each reject\n\nWhat a report says first of the wrong answers in `solutions/`, judged up to "
        "the training.\n",
        _table(("reject", "what is wrong with it", "the first sentence", "the way out"), _list_first_sentences()),
        "## Errors\n\nWhat is told beside Python's, Keras's and TensorFlow's own words.\n",
        _table(("error", "explanation"), ((f"`{said}`", find_error_hint(said) or "") for said, _, _ in ERROR_HINTS)),
        "## TensorFlow 1 names\n\nThey are understood and cost nothing, unless the course's `course.yaml` says so:\n",
        "```yaml\nschema: grade-course/1\ndialect: accept  # or warn: notes become warnings; or reject: the file is refused\n```\n",
        _table(("TensorFlow 1", "TensorFlow 2"), sorted(_names())),
        "## Other old names\n\nThey are understood and cost nothing, whatever `dialect` says.\n",
        _table(("in the file", "today"), sorted(_other_names())),
    ]
    return "\n".join(parts)


def _list_first_sentences() -> Iterator[tuple[str, ...]]:
    for name, said in json.loads(SENTENCES.read_text(encoding="utf-8")).items():
        yield f"`{name}`", said["about"], said["message"], said["hint"]


def grade_rejects(names: list[str]) -> None:
    """Grades the rejects of some exercises, or of all, and writes down the first sentence about each."""
    said = json.loads(SENTENCES.read_text(encoding="utf-8"))
    with open_pool(1) as pool:
        for name in names or sorted(path.name for path in (ROOT / "exercises").iterdir()):
            said = {key: value for key, value in said.items() if not key.startswith(f"{name}/")}
            said |= grade_exercise_rejects(name, pool.start_pair)
            # After each exercise, so that an interruption loses little.
            SENTENCES.write_text(json.dumps(dict(sorted(said.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def grade_exercise_rejects(name: str, start: StartPair) -> dict[str, dict[str, str]]:
    """The first sentence about each reject of an exercise, by `exercise/reject`."""
    course = Course(root=ROOT)
    exercise = loading.load_exercise(course, name)
    # Models that are only looked at are never trained, so nothing has to be cut short.
    trains = exercise.models is None or exercise.models.train == "always"
    options = GradingOptions(start=start, until="probe" if trains else "end")
    paths = sorted((course.solutions / name / "rejects").glob("*.py"))
    return {
        f"{name}/{path.stem}": {"about": _read_summary(path), **_find_first_sentence(grade(course, exercise, path, options))}
        for path in paths
    }


def _read_summary(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]


def _find_first_sentence(verdict: Verdict) -> dict[str, str]:
    failed = next((check for check in verdict.checks if check.status == "failed"), None)
    if failed is not None and verdict.end == "completed":
        return {"message": failed.message, "hint": failed.hint or ""}
    if verdict.end != "completed":
        first, *more = verdict.end_message.split("\n")
        return {"message": first, "hint": more[0] if more and not more[0].startswith(" ") else ""}
    return {"message": "nothing before the training, which shows it", "hint": ""}


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |\n" for row in lines)


def _refusals() -> Iterator[tuple[str, str, str]]:
    course = Course(root=ROOT)
    functions = {name: loading.load_exercise(course, name).function for name in ("exercise1", "exercise2", "exercise3")}
    for path in sorted(STUDENTS.iterdir()):
        if path.suffix not in (".py", ".ipynb"):
            continue
        beside = path.with_name(path.name + ".expect")
        head = (beside if beside.exists() else path).read_text(encoding="utf-8").split("\n")
        name = head[0].removeprefix("# exercise: ")
        if head[1] == "# expect: not_started":
            stub = exercises.find_exercise_text(course, name, "stub.py").read_text(encoding="utf-8")
            for finding in static.inspect_submission(submission.read_submission(path), functions[name], stub).findings:
                yield finding.code, finding.message.split("\n")[0], finding.hint or ""


def _failures() -> Iterator[tuple[str, str, str]]:
    for title, outcome in [*_of_model(), *_of_data(), *_of_callback(), *_of_training()]:
        yield title, outcome.message, outcome.hint or ""


def _say(check: str, *evidence: object, **arguments: object) -> CheckOutcome:
    outcome = CHECKS[check].function(*evidence, **arguments)
    assert outcome.status == "failed", (check, outcome)
    return outcome


def _of_model() -> Iterator[tuple[str, CheckOutcome]]:
    names = [("Conv2D", "conv2d"), ("MaxPooling2D", "pool"), ("Conv2D", "conv2d_1"), ("MaxPooling2D", "pool_1")]
    two = Architecture(layers=[ModelLayer(kind=kind, name=name) for kind, name in names], parameters=1)
    none = Architecture(layers=[ModelLayer(kind="Dense", name="dense")], parameters=1)
    wanted = {"Conv2D": 1, "MaxPooling2D": 1}
    yield "two pairs of convolution and pooling", _say("architecture.layers", two, **wanted)
    yield "no convolution", _say("architecture.layers", none, **wanted)


def _of_data() -> Iterator[tuple[str, CheckOutcome]]:
    whole = {"examples": 60000, "trained_on": 60000}
    cases = {
        "the test set": DataMatch(dataset="mnist", examples=10000, trained_on=10000, test=10000),
        "a part of the images": DataMatch(dataset="mnist", examples=10000, trained_on=10000, train=10000),
        "labels divided by 255": DataMatch(
            dataset="mnist", train=60000, labels_wrong=54077, wrong_labels_at=[0, 2, 3], **whole
        ),
        "another dataset": DataMatch(dataset="fashion_mnist", train=60000, **whole),
        "images of another kind": DataMatch(dataset=None, unknown=60000, **whole),
    }
    for title, match in cases.items():
        yield title, _say("training.data", match, "mnist", split="train", examples=60000)


def _of_callback() -> Iterator[tuple[str, CheckOutcome]]:
    watching = {
        "watches the loss": lambda logs: logs["loss"] < 0.01,
        "watches the validation accuracy": lambda logs: logs["val_accuracy"] > LINE,
        "the line is too low": lambda logs: logs["accuracy"] > 0.98,
        "the line is too high": lambda logs: logs["accuracy"] > 0.999,
        "the line is a number of per cent": lambda logs: logs["accuracy"] > 99.8,
        "stops after the first epoch": lambda _: True,
    }
    for title, stops in watching.items():
        yield f"the callback: {title}", _judged(CallbackProbe(outcomes=list(_tried(stops)), callbacks=["myCallback"]))
    yield "the callback: never given to `fit`", _judged(CallbackProbe(outcomes=list(_tried(lambda _: False))))
    for error in ("KeyError: 'acuracy'", "TypeError: '>' not supported between instances of 'NoneType' and 'float'"):
        kind = error.partition(":")[0]
        yield f"the callback: `{kind}`", _judged(CallbackProbe(callbacks=["myCallback"], error=error, error_kind=kind))


def _tried(stops: object) -> Iterator[CurveOutcome]:
    for trial in build_probe_curves("accuracy", LINE):
        at = next((index for index, logs in enumerate(trial.logs) if stops(logs)), None)  # type: ignore[operator]
        shown = trial.logs[at if at is not None else trial.due or 0]
        yield CurveOutcome(curve=trial.id, due=trial.due, stopped=at, logs=shown)


def _judged(probe: CallbackProbe) -> CheckOutcome:
    return _say("callback.stops_when", probe, None, metric="accuracy", above=LINE)


def _of_training() -> Iterator[tuple[str, CheckOutcome]]:
    logs = [{"epoch": index, "accuracy": 0.9 + 0.004 * index, "loss": 0.3} for index in range(20)]
    run = TrainingRecord(epochs=logs, stopped_by="epochs", examples=60000, seed=7)
    bare = TrainingRecord(epochs=[{"epoch": 0, "loss": 0.3}], stopped_by="epochs", examples=60000, seed=7)
    yield "SGD that never gets there", _say("training.reaches", run, metric="accuracy", above=LINE)
    yield "no accuracy asked for", _say("training.reaches", bare, metric="accuracy", above=LINE)
    yield "too many epochs", _say("training.epochs", run, below=20)
    low = Measurement(train_accuracy=0.31, test_accuracy=0.3)
    yield "a model that learned nothing", _say("measured.accuracy", low, split="test", at_least=0.97)
    for title, value in {
        "nothing returned": None,
        "the history returned": {"type": "History"},
        "the whole list returned": [[0, 1], [0.9, 0.99]],
        "per cent returned": [[0, 1], 99.0],
    }.items():
        yield title, _say("returns.shape", value)
    told = Run(seed=7, end=RunEnd(kind="completed"), training=run, returned=[[0], 0.999], has_returned=True)
    yield "a made-up figure returned", _say("returns.match_training", told.returned, told)


def _names() -> Iterator[tuple[str, str]]:
    for old, row in TENSORFLOW.items():
        yield f"`tf.{old}`", f"`tf.{row.better}`" if row.better else "not needed"
    for old, row in KERAS.items():
        yield f"`keras.{old}`", f"`tf.keras.{row.better}`" if row.better else "not needed"
    for old, new in METHODS.items():
        yield f"`{old}(...)`", f"`{new}`"
    for name, words in ARGUMENTS.items():
        for old, new in words.items():
            yield f"`{name}({old}=...)`", f"`{name}({new}=...)`" if new else "not needed"
    for old, new in KEYS.items():
        yield f"`logs['{old}']`, `history.history['{old}']`", f"`logs['{new}']`, `history.history['{new}']`"


def _other_names() -> Iterator[tuple[str, str]]:
    for old, row in NUMPY.items():
        yield f"`np.{old}`", f"`{row.better}`" if row.better else "nothing takes its place"
    for old, new in PACKAGES.items():
        yield f"`{old}`", f"`{new}`"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--grade"]:
        grade_rejects(sys.argv[2:])
    page = Path(__file__).with_suffix(".md")
    page.write_text(main(), encoding="utf-8")
    sys.stdout.write(f"{page} written\n")
