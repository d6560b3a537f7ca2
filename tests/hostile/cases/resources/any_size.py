# exercise: quick
# expect: forbidden
# message: on its way through the layers
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
    x, y = data(2000)
    model = compiled([L.Input((None, None, 1)), L.UpSampling2D(300), L.GlobalAveragePooling2D(), L.Dense(32), L.Dense(10, activation="softmax")])
    history = model.fit(x[..., None], y, epochs=1)
    return history.epoch, history.history["accuracy"][-1]
