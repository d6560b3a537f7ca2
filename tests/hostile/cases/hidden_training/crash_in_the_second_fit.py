# exercise: quick
# expect: crashed
# message: ZeroDivisionError
"""A crash in the middle of a later fit is the file's own, not the grader's."""
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
    class Wrong(Stop):
        def on_epoch_end(self, epoch, logs=None):
            if logs["loss"] != round(logs["loss"], 6):
                raise ZeroDivisionError

    x, y = data()
    model = compiled()
    model.fit(x, y, epochs=2)
    history = model.fit(x, y, epochs=5, callbacks=[Wrong()])
    return history.epoch, history.history["accuracy"][-1]
