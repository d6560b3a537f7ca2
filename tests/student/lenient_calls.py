"""Calls that plain Keras refuses and the student's process understands: prints those that go otherwise, or without a word."""

import os
import sys

import keras
import numpy as np
import tensorflow as tf

from grader.leniency.old_names import LENIENCIES
from grader.student import dialect, dialect_calls

X, Y, LOSS = np.zeros((8, 28, 28)), np.zeros(8, int), "sparse_categorical_crossentropy"
FIT = "; m.fit(X, Y, verbose=0)"
CALLS = {
    f"m = plain(); m.compile('adam', LOSS, metrics='accuracy'){FIT}": "metrics",
    f"m = plain(); m.compile('adam', LOSS, ['accuracy']){FIT}": "metrics_third",
    f"m = plain(); m.compile(keras.optimizers.Adam, LOSS){FIT}": "optimizer",
    f"m = plain(); m.compile(optimizer=keras.optimizers.SGD, loss=LOSS){FIT}": "optimizer",
    "m = plain(); m.compile('adam', LOSS); m.fit(X, Y, workers=2, verbose=0)": "argument",
    "keras.layers.BatchNormalization(fused=True)": "argument",
    "keras.callbacks.ModelCheckpoint('best.keras', period=1)": "argument",
    "plain().compile('adam', LOSS, sample_weight_mode=None)": "argument",
    f"m = plain(); m.compile(keras.optimizers.Adam(epsilon=None), LOSS){FIT}": "epsilon",
    "m = plain(); m.compile('adam', LOSS); m.fit(X.tolist(), Y.tolist(), verbose=0)": "lists",
    "keras.layers.Flatten(batch_input_shape=(None, 28, 28))": "batch_input_shape",
    "plain().save('model')": "ending",
    "plain().save_weights('model')": "ending",
    "keras.callbacks.ModelCheckpoint('best')": "ending",
}


def plain():
    return keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])


def fails(line):
    try:
        exec(line, {"plain": plain, "keras": keras, "X": X, "Y": Y, "LOSS": LOSS})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(folder):
    os.chdir(folder)
    said = []
    taken = [line for line in CALLS if not fails(line)]
    dialect.install_aliases(tf, keras)
    dialect_calls.install_old_calls(keras, said.append, (tf.keras,))
    print(*[f"FAILED plain Keras takes {line}" for line in taken], sep="\n")
    for line, key in CALLS.items():
        said.clear()
        error = fails(line)
        if error or not any(LENIENCIES[key].split("{0}")[0] in one for one in said):
            print(f"FAILED {line}: {error or said}")
    said.clear()
    error = fails("m = plain(); m.compile('adam', LOSS, metrics=['accuracy']); m.fit(X, Y, verbose=0); m.save('m.keras')")
    print(*[f"FAILED on what is right: {one}" for one in [error, *said] if one], sep="\n")
    print(*[f"FAILED {key} has no call" for key in LENIENCIES.keys() - set(CALLS.values())], sep="\n")


main(sys.argv[1])
