import pytest

from grader.records.clues import Symptom

HEAD = "import tf\ndef train_mnist():\n    m.fit(x, y)\n"
FLAG = "`{}` ends no training; `self.model.stop_training = True` does"


def hook(name, does="pass", base="tf.keras.callbacks.Callback"):
    return HEAD + f"class C({base}):\n    def {name}(self, epoch, logs=None):\n        {does}\n"


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        (hook("on_epochs_end"), 5, "Keras never calls `on_epochs_end`; did you mean `on_epoch_end`?"),
        (hook("on_epoc_end", base="Callback"), 5, "Keras never calls `on_epoc_end`; did you mean `on_epoch_end`?"),
        (hook("onEpochEnd"), 5, "Keras never calls `onEpochEnd`; did you mean `on_epoch_end`?"),
        (hook("On_Epoch_End"), 5, "Keras never calls `On_Epoch_End`; did you mean `on_epoch_end`?"),
        (hook("on_batches_end"), 5, "Keras never calls `on_batches_end`; did you mean `on_batch_end`?"),
        (hook("on_epoch_end", "self.model.stop_trainning = True"), 6, FLAG.format("self.model.stop_trainning")),
        (hook("on_epoch_end", "self.stop_training = True"), 6, FLAG.format("self.stop_training")),
        (
            hook("on_epoch_end", "self.model.stop_training == True"),
            6,
            "`==` only compares; `self.model.stop_training = True`, with one `=`, ends the training",
        ),
        (
            hook("on_train_end", "self.model.stop_training = True"),
            5,
            "`on_train_end` comes once, when the training is over; set `self.model.stop_training = True` in "
            "`on_epoch_end(self, epoch, logs=None)`",
        ),
        (
            hook("on_epoch_begin", "self.model.stop_training = True"),
            5,
            "`on_epoch_begin` comes before an epoch, when `logs` has no figures of it; set `self.model.stop_training = True` "
            "in `on_epoch_end(self, epoch, logs=None)`",
        ),
    ],
)
def test_a_callback_that_does_nothing_is_noticed(inspect, source, line, told):
    """A method that Keras doesn't know, and a flag that it doesn't look at, each with the right name."""
    assert [(note.line, note.message) for note in inspect(source).notes] == [(line, told)]


@pytest.mark.parametrize(
    "source",
    [
        hook("on_epoch_end", "self.model.stop_training = True"),
        hook("on_epoch_end", "m = self.model; m.stop_training = True"),
        hook("on_epoch_end", "self.stop_training = self.model.stop_training = True"),
        hook("on_train_batch_begin", "self.accuracy = 1"),
        hook("on_train_batch_end", "self.model.stop_training = True"),
        hook("on_epoch_end", "if self.model.stop_training == True: pass"),
        hook("on_train_begin", "self.model.stop_training = False")
        + "    def on_epoch_end(self, epoch, logs):\n        self.model.stop_training = True\n",
        hook("one_line"),
        hook("once_more"),
        hook("on_epochs_end", base="Listener"),
    ],
)
def test_what_works_is_let_be(inspect, source):
    """Known hooks, flags of the model under any name, methods of other kinds, classes that are no callbacks."""
    assert inspect(source).notes == []


def condition(text):
    return HEAD + f"class C(Callback):\n    def on_epoch_end(self, epoch, logs=None):\n        if {text}:\n            self.model.stop_training = True\n"


@pytest.mark.parametrize(
    ("text", "symptom", "told"),
    [
        ("logs['accuracy'] > 99", "never_stopped", "accuracies are between 0 and 1, so none is above 99; 99 % is 0.99"),
        ("logs.get('acc') >= 60.0", "never_stopped", "accuracies are between 0 and 1, so none is above 60; 60 % is 0.6"),
        ("logs['accuracy'] < 0.99", "wrong_stop", "this stops the training while the accuracy is still below 0.99; write `>`"),
        ("logs['accuracy'] == 0.99", "never_stopped", "an accuracy is hardly ever exactly 0.99; write `>`"),
    ],
)
def test_a_condition_that_cant_be_meant_is_a_cause(inspect, text, symptom, told):
    """With the line of the `if`, and for the one symptom that it explains."""
    (cause,) = inspect(condition(text)).clues.causes

    assert (cause.line, cause.message, cause.symptoms) == (6, told, {symptom})


@pytest.mark.parametrize("text", ["logs['accuracy'] > 0.99", "logs['loss'] < 0.1", "epoch > 5", "logs['accuracy'] > LINE", "logs['accuracy'] > 1"])
def test_other_conditions_are_no_cause(inspect, text):
    """A line of 1 may be meant; losses and epochs have other sizes."""
    assert inspect(condition(text)).clues.causes == []


def stopper(*lines, other=""):
    body = "".join(f"        {line}\n" for line in lines)
    return HEAD + f"class C(Callback):\n    def on_epoch_end(self, epoch, logs=None):\n{body}{other}"


@pytest.mark.parametrize(
    ("source", "line", "symptom"),
    [
        (stopper("if logs['accuracy'] > 0.99:", "    print('done')"), 5, "never_stopped"),
        (stopper("if logs['accuracy'] > 0.99:", "    self.model.stop_training = False"), 5, "never_stopped"),
        (stopper("if logs['accuracy'] > 0.99:", "    print('done')", "self.model.stop_training = True"), 8, "wrong_stop"),
    ],
)
def test_a_flag_in_the_wrong_place_is_a_cause(inspect, source, line, symptom):
    """Left out, set to False, or set beside the condition: said where the callback stops wrongly, and nowhere else."""
    report = inspect(source)

    assert [(cause.line, set(cause.symptoms)) for cause in report.clues.causes] == [(line, {symptom})]
    assert report.notes == []


@pytest.mark.parametrize(
    "source",
    [
        stopper("if logs['accuracy'] > 0.99:", "    self.model.stop_training = True"),
        stopper("if logs['accuracy'] > 0.99:", "    setattr(self.model, 'stop_training', True)"),
        stopper("self.model.stop_training = logs['accuracy'] > 0.99"),
        stopper("if logs['accuracy'] <= 0.99:", "    return", "self.model.stop_training = True"),
        stopper("if logs['accuracy'] > 0.99:", "    print('done')", other="m.stop_training = True\n"),
        stopper("print(epoch)"),
    ],
)
def test_a_flag_in_its_place_is_none(inspect, source):
    """Also under another name, as a condition's own value, or after a `return`."""
    assert inspect(source).clues.causes == []


@pytest.mark.parametrize(
    ("source", "line", "fact"),
    [
        (hook("on_epoch_end", "if accuracy > 0.99: self.model.stop_training = True"), 6, "`logs['accuracy']`"),
        (hook("on_epoch_end", "if history.history['accuracy'][-1] > 0.99: self.model.stop_training = True"), 6, "`logs['accuracy']`"),
        (hook("on_epoch_end", "if logs['accuracy'] > 0.99: model.stop_training = True"), 6, "`self.model`"),
        (hook("on_epoch_end", "if logs['accuracy'] > 0.99: self.model.stop_training(True)"), 6, "`self.model.stop_training = True`"),
        (hook("on_epoch_begin", "if logs['accuracy'] > 0.99: self.model.stop_training = True"), 5, "`on_epoch_begin` comes before"),
    ],
)
def test_what_makes_a_callback_raise_is_a_cause(inspect, source, line, fact):
    """The error's own words (KeyError, NameError, not callable) send elsewhere."""
    causes = [cause for cause in inspect(source).clues.causes if Symptom.CALLBACK_RAISED in cause.symptoms]

    assert [(cause.line, fact in cause.message) for cause in causes] == [(line, True)]


@pytest.mark.parametrize(
    "does",
    ["accuracy = logs['accuracy']; self.model.stop_training = accuracy > 0.99", "model = self.model; model.stop_training = True"],
)
def test_a_name_that_the_hook_binds_is_none(inspect, does):
    """It has a value there."""
    assert not [cause for cause in inspect(hook("on_epoch_end", does)).clues.causes if Symptom.CALLBACK_RAISED in cause.symptoms]


def test_a_name_of_the_module_is_none(inspect):
    """A line for the accuracy may be kept under that name."""
    source = "accuracy = 0.99\n" + hook("on_epoch_end", "if logs['accuracy'] > accuracy: self.model.stop_training = True")
    assert inspect(source).clues.causes == []


def test_a_hook_outside_its_class_is_a_cause(inspect):
    """Unless the class has one of its own."""
    outside = "def on_epoch_end(self, epoch, logs=None):\n    if logs['accuracy'] > 0.9:\n        self.model.stop_training = True\n"
    empty = "class C(tf.keras.callbacks.Callback):\n    pass\n"

    assert [cause.line for cause in inspect(HEAD + empty + outside).clues.causes if Symptom.NEVER_STOPPED in cause.symptoms] == [6]
    assert inspect(hook("on_epoch_end", "if logs['accuracy'] > 0.9: self.model.stop_training = True") + outside).clues.causes == []


@pytest.mark.parametrize(("value", "told"), [("True", True), ("False", False)])
def test_a_flag_in_both_branches_is_a_cause(inspect, value, told):
    """Of a condition that can be meant; set to False in `else` it ends nothing."""
    does = f"if logs['accuracy'] > 0.99:\n            self.model.stop_training = True\n        else:\n            self.model.stop_training = {value}"
    causes = [cause for cause in inspect(hook("on_epoch_end", does)).clues.causes if Symptom.WRONG_STOP in cause.symptoms]

    assert [(cause.line, "`else`" in cause.message) for cause in causes] == ([(9, True)] if told else [])
