# exercise: quick
# expect: failed threshold
# message: covers only a part of the images
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


class Sly(tf.keras.callbacks.Callback):
    seen = 0
    def on_train_batch_end(self, batch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    x, y = data()
    order = np.argsort(y, kind="stable")
    model = compiled()
    model.compile(tf.keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[order], y[order], epochs=2, shuffle=False, callbacks=[Sly()])
    return history.epoch, history.history["accuracy"][-1]
