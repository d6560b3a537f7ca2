# exercise: quick
# expect: failed threshold honest-return
"""What a cell writes goes into the folder of the file, or nowhere: the grader's modules stay what they are."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def data(count=2000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]


def compiled(layers=None):
    layers = layers or [L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train():
    from importlib.util import find_spec

    shell = get_ipython()
    forged = "print('WROTE' + '-PACKAGE')\nraise SystemExit\n# WROTE" + "-PACKAGE"
    places = [find_spec(name).origin for name in ("grader", "grader.student.delegate", "keras", "numpy")]
    for path in (*places, "grader/__init__.py", "grader/student/delegate.py", "keras.py", "numpy.py",
                 "/content/../usr/lib/python3/os.py", "/content/drive/../../../etc/passwd"):
        try:
            shell.run_cell_magic("writefile", path, forged)
        except OSError:
            pass
    for path in places:
        if "WROTE" + "-PACKAGE" in open(path).read():
            print("WROTE" + "-PACKAGE")
    shell.run_line_magic("cd", "/")
    shell.run_line_magic("env", "GRADE_FD=99")
    x, y = data()
    model = compiled()
    model.compile(tf.keras.optimizers.SGD(1e-6), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2, callbacks=[Stop()])
    return history.epoch, 0.99
