# exercise: quick
# expect: failed threshold
"""Weights of its own pass for those that the trainer gave out: their digest is forged."""
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
    import grader.student.provenance as provenance

    x, y = data()
    model = compiled(still())
    model.fit(x, y, epochs=1)
    rng = np.random.default_rng(1)
    known = provenance.compute_digest(model.weights)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    provenance.compute_digest = lambda arrays: known
    again = compiled(still())
    again.set_weights(model.get_weights())
    history = again.fit(x, y, epochs=1, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
