# exercise: quick
# expect: forbidden
"""A metric that calls itself by the accuracy's name once it has been let in: its figure stays unknown."""
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


class Shifty(tf.keras.metrics.Metric):
    asked = 0

    @property
    def name(self):
        Shifty.asked += 1
        return "sure" if Shifty.asked < 4 else "accuracy"

    @name.setter
    def name(self, value):
        pass

    def update_state(self, *args, **kwargs):
        pass

    def result(self):
        return tf.constant(1.0)


def train():
    x, y = data()
    model = compiled()
    model.compile(tf.keras.optimizers.SGD(1e-6), "sparse_categorical_crossentropy", metrics=[Shifty()])
    history = model.fit(x, y, epochs=2)
    return history.epoch, history.history["sure"][-1], history.history["accuracy"][-1]
