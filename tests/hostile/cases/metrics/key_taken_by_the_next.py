# exercise: quick
# expect: failed threshold
# message: is not the share of examples that the model recognises
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
    x, y = data()
    model = compiled()
    model.compile(tf.keras.optimizers.SGD(1e-9), "sparse_categorical_crossentropy", metrics=[tf.keras.metrics.SparseTopKCategoricalAccuracy(10, name="accuracy"), "accuracy", tf.keras.metrics.SparseTopKCategoricalAccuracy(10, name="accuracy_1")])
    history = model.fit(x, y, epochs=5, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
