"""A graded name that is one of several: no other thing in the file can stand in for it."""

import pytest

from grader.static import inspect_submission
from grader.submission import Submission

STUB = "class Stop(Callback):\n    def on_epoch_end(self, epoch, logs=None):\n        ...\n"
TRAINS = "model.fit(x, y)\n"


def inspect(text, name, role, **more):
    return inspect_submission(Submission(path="f.py", name="f.py", sha256="0", source=text), name, role=role, **more)


@pytest.mark.parametrize(
    ("text", "name", "role", "message", "hint"),
    [
        (TRAINS, "build", "function", "there is no function build() in this file", "Keep the stub's name: build."),
        (TRAINS + "def biuld(): pass\n", "build", "function", "there is no function build() in this file",
         "Did you mean biuld? Rename it to build."),
        (TRAINS + "class Stopp: pass\n", "Stop", "callback", "there is no class Stop in this file", "Did you mean Stopp? Rename it to Stop."),
        (TRAINS + "def Stopp(): pass\n", "Stop", "callback", "there is no class Stop in this file", "Keep the stub's name: Stop."),
    ],
)  # fmt: skip
def test_a_missing_name_is_found_though_the_file_trains(text, name, role, message, hint):
    """As the only graded name of an exercise it would be graded as a script."""
    (found,) = inspect(text, name, role).findings
    assert (found.code, found.message, found.hint) == ("S102", message, hint)
    assert inspect(text, name, "only").plan.mode == "script"


def test_a_class_is_called_as_python_has_it():
    """For a function a class would be a finding; a function that makes a callback is no fault."""
    assert inspect("class Stop(Callback): x = 1\n", "Stop", "callback").findings == []
    assert inspect("def Stop(): return Callback()\n", "Stop", "callback").findings == []
    assert [found.code for found in inspect("class Stop(Callback): x = 1\n", "Stop", "only").findings] == ["S106"]


def test_a_class_as_the_stub_has_it_is_blank():
    """Told before anything is run; one that differs is tried."""
    (found,) = inspect(STUB, "Stop", "callback", stub=STUB).findings
    assert (found.code, found.message) == ("S103", "the class Stop is still as in the stub")
    assert inspect(STUB.replace("...", "pass"), "Stop", "callback", stub=STUB).findings == []


def test_a_training_beside_a_part_is_no_stray():
    """Another part of the exercise may be that training, so it isn't told as left out."""
    text = "def build():\n    return 1\nmodel.fit(x, y)\n"
    assert inspect(text, "build", "function").notes == []
    assert [note.line for note in inspect(text, "build", "only").notes if "outside" in note.message] == [3]
