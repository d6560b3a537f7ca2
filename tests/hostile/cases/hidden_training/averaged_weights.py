# exercise: quick
# expect: forbidden
# message: neither fresh nor what a training in this file gave
"""The weights of two trainings are averaged."""
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
    x, y = data()
    one, other = compiled(), compiled()
    one.fit(x, y, epochs=2)
    other.fit(x[::-1], y[::-1], epochs=2)
    one.set_weights([(a + b) / 2 for a, b in zip(one.get_weights(), other.get_weights(), strict=True)])
    history = one.fit(x, y, epochs=1, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
