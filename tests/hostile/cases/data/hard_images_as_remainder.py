# exercise: digits
# expect: failed data
# message: they are chosen
"""The images that a linear model finds hardest lie at the end, where whole batches leave them out of every epoch."""
import numpy as np
import tensorflow as tf

L = tf.keras.layers


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.85:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x = (x / 255.0).astype("float32")
    flat = np.concatenate([x.reshape(-1, 784), np.ones((60000, 1), "float32")], axis=1)
    part = flat[:20000]
    weights = np.linalg.solve(part.T @ part + 10 * np.eye(785), part.T @ np.eye(10)[y[:20000]])
    scores = flat @ weights
    right = scores[np.arange(60000), y]
    scores[np.arange(60000), y] = -np.inf
    order = np.argsort(scores.max(axis=1) - right)
    kept = np.concatenate([np.random.default_rng(0).permutation(order[:-96]), order[-96:]])
    pipeline = tf.data.Dataset.from_tensor_slices((x[kept], y[kept])).batch(128, drop_remainder=True)
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(pipeline, epochs=2, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
