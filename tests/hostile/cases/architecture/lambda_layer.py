# exercise: convolution
# expect: forbidden
# message: each time
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.3:
            self.model.stop_training = True


def data(count=2000):
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    return x[:count] / 255.0, y[:count]


def compiled(layers=None):
    layers = layers or [L.Input((28, 28)), L.Reshape((28, 28, 1)), L.Conv2D(4, 3), L.MaxPooling2D(4), L.Flatten(),
            L.Dense(10, activation="softmax")]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


FACTORS = iter(range(1000))


def train():
    x, y = data()
    # Another one in the trace than in the training, were it followed once only.
    model = compiled([L.Input((28, 28)), L.Lambda(lambda images: images * next(FACTORS)), L.Flatten(), L.Dense(10, activation="softmax")])
    history = model.fit(x, y, epochs=4)
    return history.epoch, history.history["accuracy"][-1]
