# exercise: quick
# expect: passed
"""Freezes a layer before it trains on, and has a layer whose axis Keras writes otherwise once it is built."""
import tensorflow as tf
L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    model = tf.keras.Sequential([L.Flatten(), L.LayerNormalization(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=1)
    model.layers[2].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
