# exercise: quick
# expect: out_of_memory|forbidden
import time

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
    x, y = data(64)
    import grader.student.delegate as delegate
    from grader.protocol.arrays import ArraySpec
    from grader.protocol.wire import Pass

    delegate.FitCall._send_next_pass = lambda self: (self.front.channel.send(
        Pass(arrays=[ArraySpec(dtype="float64", shape=[10**9, 10**3])], batches=[1])), time.sleep(30))
    pipeline = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    history = compiled().fit(pipeline, epochs=3)
    return history.epoch, history.history["accuracy"][-1]
