# exercise: digits
# expect: forbidden
# message: numbers that act on the images
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
    inputs = tf.keras.Input((28, 28, 1))
    scores = []
    for digit in range(10):
        mean = x[y == digit].mean(0).ravel() - x.mean(0).ravel()
        variance = 1 / np.maximum(np.abs(mean), 1e-3) ** 2
        shown = L.Reshape((784,))(inputs)
        shown = L.Normalization(axis=-1, mean=[0.0] * 784, variance=variance.tolist())(shown)
        scores.append(L.GlobalAveragePooling1D()(L.Reshape((784, 1))(shown)))
    model = tf.keras.Model(inputs, L.Softmax()(L.Concatenate()(scores) * 1000.0))
    model.compile(tf.keras.optimizers.SGD(1e-9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[..., None], y, epochs=1, batch_size=128)
    return history.epoch, history.history["accuracy"][-1]
