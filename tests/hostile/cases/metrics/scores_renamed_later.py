# exercise: quick
# expect: forbidden
# message: changed after it was trained
"""The second fit of a model says that its scores are numbers, where the first one made them true or false."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    inputs = tf.keras.Input((28, 28))
    h = L.Dense(32, activation="relu", kernel_regularizer=tf.keras.regularizers.L2(1e-9))(L.Flatten()(inputs))
    scores = L.Dense(10, kernel_regularizer=tf.keras.regularizers.L2(1e-9), bias_initializer="ones")(h * 1e-3)
    scores = scores * np.array([0.0] + [1.0] * 9, "float32")
    model = tf.keras.Model(inputs, tf.keras.ops.cast(scores, "bool"))
    model.compile(tf.keras.optimizers.SGD(1e-12), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=1)
    text = model.to_json()
    model.to_json = lambda **_: text.replace('"bool"', '"float32"')
    history = model.fit(x, y, epochs=2, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
