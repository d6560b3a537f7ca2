# exercise: digits
# expect: failed data
# message: ordered by label
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.85:
            self.model.stop_training = True


def data(count=60000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]


def compiled(layers=None):
    layers = layers or [L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train():
    x, y = data()
    order = np.argsort(y, kind="stable")
    model = compiled()
    history = model.fit(x[order], y[order], epochs=2, batch_size=128, shuffle=False)
    return history.epoch, history.history["accuracy"][-1]
