"""Runs lines of old code under the dialect, each by itself, and prints those that fail with their error."""

import inspect
import operator
import os
import sys
import types
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from grader.leniency.old_names import ARGUMENTS, KERAS
from grader.student import devices, dialect, dialect_calls

X, Y = np.zeros((8, 28, 28)), np.zeros(8, int)


def plain():
    return tf.keras.Sequential(
        [tf.keras.layers.Flatten(input_shape=(28, 28)), tf.keras.layers.Dense(10, activation="softmax")]
    )


def compiled():
    model = plain()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def pairs():
    while True:
        yield X, Y


def fitted(*callbacks):
    compiled().fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=list(callbacks))


class Keeps(keras.callbacks.Callback):
    def __init__(self, model):
        self.model = model


def main(lines, folder):
    dialect.install_aliases(tf, keras)
    devices.install(tf, lambda _: None)
    dialect_calls.install_old_calls(keras, lambda _: None, (tf.keras,))
    os.chdir(folder)
    given = {"tf": tf, "keras": keras, "plain": plain, "compiled": compiled, "pairs": pairs, "fitted": fitted}
    for line in lines:
        try:
            exec(line, {**given, "Keeps": Keeps, "x": X, "y": Y})
        except Exception as error:
            print(f"FAILED {line}: {type(error).__name__}: {error}")


def imports():
    """An import of every module that the notes call understood, under both names of Keras, and what Keras 3 must still have."""
    for old, name in KERAS.items():
        if name.alias and name.alias[0] != "=" and isinstance(operator.attrgetter(name.alias)(keras), types.ModuleType):
            yield f"import keras.{old}; import tensorflow.keras.{old}"
    for name, words in ARGUMENTS.items():
        made = {"fit": "Model.fit", "optimizer": "optimizers.Adam"}.get(name, f"layers.{name}")
        there = inspect.signature(operator.attrgetter(made)(keras)).parameters  # before the aliases are laid over it
        yield from (f"raise TypeError('{name}({new}=...) is advised')" for new in words.values() if new and new not in there)


main([*Path(sys.argv[1]).read_text().splitlines(), *imports()], sys.argv[2])
