"""A dozen verdicts built by hand: one of each kind that a report has to render."""

import hashlib

from grader.records.run import Activations, LayerActivations
from grader.records.verdict import (
    CheckResult,
    DeclaredLayer,
    GradingEnvironment,
    LineToCross,
    Note,
    SubmissionRef,
    TrainingRecord,
    Verdict,
)

SOURCE = """import tensorflow as tf


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs.get("acc") > 0.998:
            print("Reached 99.8% accuracy, stopping")
            self.model.stop_training = True


def train_mnist_conv():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x = x.reshape(60000, 28, 28, 1) / 255.0
    model = tf.keras.models.Sequential([
        tf.keras.layers.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)),
        tf.keras.layers.MaxPooling2D(2),
        tf.keras.layers.Conv2D(32, 3, activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=19, callbacks=[Stop()])
    return history.epoch, history.history["acc"][-1]
"""
ENVIRONMENT = GradingEnvironment(python="3.11.9", keras="3.15.1", tensorflow="2.21.0", cpu="x86_64")
TITLES = {
    "function": ("The function returns the list of epochs and the last accuracy", 5.0, "reported"),
    "one-conv": ("The model has exactly one Conv2D and one MaxPooling2D", 20.0, "declared"),
    "data": ("The model trains on all 60,000 training images, each once and with its own label", 10.0, "measured"),
    "callback": ("The callback stops after the first epoch with more than 99.8 % accuracy", 20.0, "declared"),
    "threshold": ("Training accuracy gets above 99.8 %", 25.0, "measured"),
    "epochs": ("Fewer than 20 epochs", 10.0, "measured"),
    "honest-return": ("The returned epochs and accuracy are those of the training", 5.0, "reported"),
    "generalises": ("At least 97 % of the test images are right", 5.0, "measured"),
}
MESSAGES = {
    "function": "the function returned a list of epochs and an accuracy",
    "one-conv": "the model has one Conv2D layer and one MaxPooling2D layer",
    "data": "trained on all 60,000 training images",
    "callback": "the callback stops when accuracy goes above 0.998, in 6 made-up trainings",
    "threshold": "accuracy reached 0.9982 in epoch 9, above 0.998",
    "epochs": "the training ended after 9 epochs",
    "honest-return": "what the function returned is what the training gave",
    "generalises": "the trained model gets 98.7 % of the test images right",
}
CURVE = [0.9552, 0.9851, 0.9902, 0.9933, 0.9951, 0.9964, 0.9972, 0.9978, 0.9982]


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check(id_, status="passed", **fields):
    title, points, basis = TITLES[id_]
    earned = points if status in ("passed", "error") else 0.0
    values = {
        "title": title,
        "points": earned,
        "max_points": points,
        "basis": basis,
        "message": MESSAGES[id_],
        **fields,
    }
    return CheckResult(id=id_, status=status, **values)


def all_checks(**changed):
    return [changed.get(id_.replace("-", "_"), check(id_)) for id_ in TITLES]


def skipped(reason):
    return all_checks(**{id_.replace("-", "_"): check(id_, "skipped", message=reason) for id_ in TITLES})


def record(figures=CURVE, **fields):
    epochs = [{"epoch": i, "accuracy": a, "loss": round(1.2 * (1 - a) * 3, 4)} for i, a in enumerate(figures)]
    values = {
        "stopped_by": "callback",
        "examples": 60000,
        "seed": 7,
        "backend": "tensorflow",
        "device": "cpu",
        **fields,
    }
    return TrainingRecord(
        epochs=epochs, seconds=fields.pop("seconds", 251.3), **{k: v for k, v in values.items() if k != "seconds"}
    )


def make(**fields):
    checks = fields.pop("checks")
    values = {
        "exercise": "exercise3",
        "title": "One convolution, 99.8 %",
        "submission": SubmissionRef(path="my_solution.py", sha256=digest(SOURCE)),
        "end": "completed",
        "score": sum(item.points for item in checks),
        "max_score": sum(item.max_points for item in checks),
        "environment": ENVIRONMENT,
        "line_to_cross": LineToCross(metric="accuracy", above=0.998),
        **fields,
    }
    values.setdefault("status", "passed" if values["score"] == values["max_score"] else "failed")
    return Verdict(checks=checks, **values)


def passed():
    return make(
        checks=all_checks(),
        training=[record()],
        measured={"train_accuracy": 0.9985, "test_accuracy": 0.987},
        returned=[list(range(9)), 0.9982],
        notes=[
            Note(line=6, message='`logs.get("acc")` is TF 1; in TF 2 write `logs.get("accuracy")`'),
            Note(line=24, message="`history.history['acc']` is TF 1; in TF 2 write `history.history['accuracy']`"),
        ],
        stdout="Reached 99.8% accuracy, stopping\n",
        timings={"static": 0.01, "startup": 3.1, "training": 251.3, "measuring": 1.4, "total": 256.2},
    )


def gated():
    reason = "not judged yet: first get “The model has exactly one Conv2D and one MaxPooling2D” right"
    late = ("threshold", "epochs", "honest-return", "generalises", "function")
    changed = {id_.replace("-", "_"): check(id_, "skipped", message=reason) for id_ in late}
    changed["one_conv"] = check(
        "one-conv",
        "failed",
        message="the model has 2 Conv2D layers (conv2d, conv2d_1), expected exactly 1",
        expected="1 Conv2D, 1 MaxPooling2D",
        got="2 Conv2D, 1 MaxPooling2D",
        hint="One convolution is enough here; a larger Dense layer or more filters help more than a second one.",
        line=23,
    )
    return make(
        checks=all_checks(**changed),
        end_message='the check "one-conv" failed, so the training was not started',
        timings={"static": 0.01, "startup": 3.2, "total": 3.9},
        layers=[
            DeclaredLayer(kind="Conv2D", name="conv2d", output_shape=[None, 26, 26, 32], parameters=320, asked="Conv2D(32)"),
            DeclaredLayer(kind="Conv2D", name="conv2d_1", output_shape=[None, 24, 24, 32], parameters=9_248,
                          fault="is not expected: Conv2D(32)"),
            DeclaredLayer(asked="MaxPooling2D", fault="is missing: MaxPooling2D"),
            DeclaredLayer(kind="Flatten", name="flatten", output_shape=[None, 18_432], asked="Flatten"),
        ],
    )  # fmt: skip


def crashed():
    trace = (
        'ValueError: Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3\n'
        '  File "my_solution.py", line 23, in train_mnist_conv\n'
        "    history = model.fit(x, y, epochs=19, callbacks=[Stop()])\n"
    )
    return make(
        checks=skipped("not judged: your code stopped with an error before that (ValueError: Input 0 …)"),
        end="crashed",
        end_message=trace,
        end_line=23,
        stdout="shape of x: (60000, 28, 28)\n",
        timings={"static": 0.01, "startup": 3.0, "total": 4.4},
    )


def timed_out():
    missed = check(
        "threshold",
        "failed",
        message="the highest accuracy was 0.9902, in epoch 3 of 3; that is not above 0.998; "
        "the time limit ended the training there",
        expected="accuracy above 0.998",
        got="0.9902",
        hint="Are the pixels scaled to 0..1?",
    )
    undecided = check("epochs", "skipped", message="not judged: the time limit ended the training after 3 epochs")
    returned = check("function", "skipped", message="not judged: the time limit came first")
    honest = check("honest-return", "skipped", message="not judged: the time limit came first")
    return make(
        checks=all_checks(threshold=missed, epochs=undecided, function=returned, honest_return=honest),
        end="timed_out",
        end_message="training: 90 s were over after 3 epochs; 16 were left",
        training=[record(CURVE[:3], stopped_by="limit", seconds=90.0)],
        measured={"train_accuracy": 0.9911, "test_accuracy": 0.982},
        timings={"static": 0.01, "startup": 3.1, "training": 90.0, "total": 94.8},
    )


def out_of_memory():
    return make(
        checks=skipped("not judged: the memory limit came first"),
        end="out_of_memory",
        end_message="your code asked for more than 4 GB (line 13)",
        timings={"static": 0.01, "startup": 3.0, "total": 7.7},
    )


def output_limit():
    return make(
        checks=skipped("not judged: your code printed more than the limit and was stopped"),
        end="output_limit",
        end_message="your code printed more than 1 MB",
        stdout="again and again\n" * 400,
    )


HOSTILE = (
    "</style></script><script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\">\"><svg onload=document.title='owned'>"
    "{{ 7*7 }}{% raw %}]]><!-- \x1b[2J\x1b]0;owned\x07\u202e\u200b\x00\ud800|`*_[x](javascript:document.title='owned')"
    "\n::error file=x::forged\n##[error]forged\n=1+1 @everyone #1 </testcase></pre></title>"
)


def hostile():
    bad = check(
        "one-conv",
        "failed",
        title=HOSTILE,
        message=HOSTILE,
        expected=HOSTILE,
        got=HOSTILE,
        hint=HOSTILE,
        line=2,
    )
    return make(
        exercise="exercise3",
        title=HOSTILE,
        submission=SubmissionRef(path=f"{HOSTILE}.py", sha256=digest(HOSTILE)),
        checks=[bad],
        end="crashed",
        end_message=HOSTILE,
        training=[
            TrainingRecord(
                epochs=[{"epoch": 0, "accuracy": float("nan"), HOSTILE: float("inf")}],
                stopped_by="epochs",
                examples=1,
                seed=7,
                backend=HOSTILE,
                device=HOSTILE,
            )
        ],
        measured={"train_accuracy": float("nan"), HOSTILE: float("-inf")},
        returned={HOSTILE: [HOSTILE, float("nan"), 2**80]},
        notes=[Note(line=2, message=HOSTILE)],
        stdout=HOSTILE * 20,
        timings={HOSTILE: 1.0},
        environment=GradingEnvironment(python=HOSTILE, cpu=HOSTILE, gpu=HOSTILE),
    )


def long_names():
    name = "a_layer_name_that_goes_on_and_on_" * 20
    bad = check(
        "one-conv",
        "failed",
        message=f"the model has 2 Conv2D layers ({name}, {name}), expected exactly 1",
        expected="1 Conv2D",
        got=name,
    )
    path = "/srv/course/2026/autumn/submissions/" + "a-very-long-family-name-" * 8 + "/my solution (final) (2).py"
    return make(
        checks=all_checks(one_conv=bad),
        submission=SubmissionRef(path=path, sha256=digest("long")),
        training=[record([0.5 + 0.4999 * (1 - 0.99**i) for i in range(500)])],
    )


def attempts():
    near = [0.95, 0.985, 0.99, 0.993, 0.995, 0.9962, 0.9969, 0.9973, 0.9976, 0.9979]
    return make(
        checks=all_checks(),
        training=[
            record(near, stopped_by="epochs", seconds=280.0),
            record([*near[:-1], 0.99795], stopped_by="epochs", seed=8, seconds=279.0),
            record(seed=9, replayed=True, seconds=0.2),
        ],
        measured={"train_accuracy": 0.9985, "test_accuracy": 0.987},
        returned=[list(range(9)), 0.9982],
    )


def quiz():
    def answer(number, right, got, key):
        return CheckResult(
            id=f"q{number}",
            title=f"Question {number}: what does a pooling layer do?",
            status="passed" if right else "failed",
            points=1.0 if right else 0.0,
            max_points=1.0,
            basis="static",
            message="right" if right else "not the right options",
            expected=None if right else key,
            got=got,
            hint=None if right else "Look again at the size of its output.",
        )

    return make(
        exercise="week3",
        title="Week 3: convolutions",
        submission=SubmissionRef(path="ada.yaml", sha256=digest("ada")),
        checks=[answer(1, True, "b", "b"), answer(2, False, "a", "two options"), answer(3, True, "c, d", "c, d")],
        status="failed",
        environment=None,
        line_to_cross=None,
    )


def fault():
    words = "not graded"
    broken = {id_.replace("-", "_"): check(id_, "error", message=words, points=0.0) for id_ in TITLES}
    return make(
        checks=all_checks(**broken),
        status="error",
        end="not_started",
        end_message="the trainer ended unexpectedly",
    )


def refused():
    reason = "no function `train_mnist_conv`; did you mean `train_mnist_cov` (line 11)?"
    return make(
        checks=skipped(f"not judged: your file was not run (line 11: {reason})"),
        end="not_started",
        end_message=f"line 11: [S102] {reason}",
        end_line=11,
        end_codes=["S102"],
        timings={"static": 0.012, "total": 0.02},
    )


def tables():
    """A check whose two sides are a table of several lines."""
    asked = "  asked for           | your model\n  Flatten             | Flatten\n! Dense 10 softmax    | Dense 64 relu"
    return make(checks=all_checks(one_conv=check("one-conv", "failed", message="layer 2 differs\nsee the table",
                                                 expected="2 layers", got=asked)))  # fmt: skip


SAMPLES = {
    make_one.__name__: make_one
    for make_one in (
        passed,
        gated,
        crashed,
        timed_out,
        out_of_memory,
        output_limit,
        hostile,
        long_names,
        attempts,
        quiz,
        fault,
        refused,
        tables,
    )
}


BLANK = [[0.0] * 5] * 5


def maps_of(size, tilt):
    return [[[max(0.0, (x - tilt * y) / size) for x in range(size)] for y in range(size)] for tilt in (tilt, 1 - tilt)]


def activations():
    """What a function gave that turned its second layer about, lost its third and left out its fourth."""
    turned = [[row[::-1] for row in one] for one in maps_of(13, 0.5)]
    turned[0][0][:4] = [None, -5.0, 1e6, None]
    return Activations(
        layers=[
            LayerActivations(layer="conv_1", kind="Conv2D", shape=[2, 26, 26, 8], got=[2, 26, 26, 8], difference=0.0,
                      maps=maps_of(26, 0.2), given=maps_of(26, 0.2)),
            LayerActivations(layer="pool_1", kind="MaxPooling2D", shape=[2, 13, 13, 8], got=[2, 13, 13, 8], difference=1e6,
                      maps=maps_of(13, 0.5), given=turned),
            LayerActivations(layer="conv_2", kind="Conv2D", shape=[2, 11, 11, 8], got=[2, 968], maps=maps_of(11, 0.3)),
            LayerActivations(layer="pool_2", kind="MaxPooling2D", shape=[2, 5, 5, 8], maps=[BLANK, BLANK]),
        ],
        came=3,
        images=[0, 23],
        channel=1,
    )  # fmt: skip


def every():
    return [make_one() for make_one in SAMPLES.values()]
