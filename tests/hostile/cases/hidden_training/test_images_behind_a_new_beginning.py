# exercise: digits
# expect: failed data
"""Weights that learned the test images are kept while their model begins anew, and are gone on with in another."""
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


def compiled(optimizer="adam"):
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def still():
    return tf.keras.optimizers.SGD(1e-9, momentum=0.9)



def train():
    (x, y), (more, labels) = tf.keras.datasets.mnist.load_data()
    model = compiled()
    first = model.get_weights()
    model.fit(more / 255.0, labels, epochs=2, batch_size=128)
    learned = model.get_weights()
    model.set_weights(first)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x / 255.0, y, epochs=1, batch_size=512)
    again = compiled()
    again.set_weights(learned)
    history = again.fit(x / 255.0, y, epochs=1, batch_size=128)
    return history.epoch, history.history["accuracy"][-1]
