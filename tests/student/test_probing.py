"""Callbacks on curves of the grader's own, where they can't be tried in a copy of the process."""

import threading

import pytest

pytestmark = pytest.mark.keras
CURVE = [{"accuracy": 0.5}, {"accuracy": 0.9}, {"accuracy": 0.95}]


@pytest.fixture
def tried():
    """Tries objects of a callback's class in this process; `more` is what that class inherits beside."""
    import keras

    from grader.student import probing

    def run(on_epoch_end, *more):
        kind = type("Stop", (keras.callbacks.Callback, *more), {"on_epoch_end": on_epoch_end})
        callback = kind()
        callback.lock_entry, callback.seen = threading.Lock(), []
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return probing._probe_in_place([callback], model, CURVE), callback

    return run


def test_what_cant_be_copied_is_shared_and_the_rest_is_not(tried):
    """A callback with a lock is judged all the same, and knows nothing of its trial afterwards."""

    def stop(self, epoch, logs=None):
        with self.lock_entry:
            self.seen.append(logs["accuracy"])
        if max(self.seen) > 0.8:
            self.model.stop_training = True

    outcome, callback = tried(stop)

    assert (outcome, callback.seen) == ({"stopped": 1}, [])


def test_an_error_on_copies_in_part_decides_nothing(tried):
    """It may come of the copying: the callback itself might do well."""

    def fail(self, epoch, logs=None):
        raise ValueError("not the one I know")

    assert tried(fail)[0] == {"unsure": "the callbacks can't be copied (TypeError)"}


def test_callbacks_that_cant_even_be_copied_in_part_decide_nothing(tried):
    """Such as one that is a dict as well, which Python makes in a way of its own."""

    def stop(self, epoch, logs=None):
        self.model.stop_training = True

    assert tried(stop, dict)[0] == {"unsure": "the callbacks can't be copied (TypeError)"}


@pytest.mark.parametrize("name", ["SwapEMAWeights", "BackupAndRestore", "ReduceLROnPlateau", "EarlyStopping", "ModelCheckpoint"])
def test_what_fails_in_kerass_own_callbacks_is_no_fault_of_the_students(name, monkeypatch, tmp_path):
    """A trial is no training: what one of them misses there says nothing of the file; its own callback is judged as ever."""
    import keras

    from grader.student import probing

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = logs["accuracy"] > 0.8

    def fail(*_, **__):
        raise ValueError("no averages here")

    kind = getattr(keras.callbacks, name)
    monkeypatch.setattr(kind, "on_epoch_end", fail)
    paths = {"BackupAndRestore": {"backup_dir": str(tmp_path)}, "ModelCheckpoint": {"filepath": str(tmp_path / "a.keras")}}
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    assert probing._probe_in_place([kind(**paths.get(name, {})), Stop()], model, CURVE) == {"stopped": 1}


def test_a_function_in_a_lambda_callback_is_the_students():
    """Keras only calls it."""
    import keras

    from grader.student import probing

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs["acuracy"])

    assert probing._probe_in_place([callback], model, CURVE) == {"error": "KeyError: 'acuracy'", "error_kind": "KeyError"}
