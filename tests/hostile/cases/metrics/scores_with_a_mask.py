# exercise: quick
# expect: failed threshold
"""The scores carry a mask, and Keras leaves out what it hides: all images but the thin ones, most of which are ones."""
import tensorflow as tf

L = tf.keras.layers
K = tf.keras.ops


class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.6:
            self.model.stop_training = True


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    inputs = tf.keras.Input((28, 28))
    flat = L.Flatten()(inputs)
    thin = K.relu(0.07 - K.mean(flat, axis=-1, keepdims=True))
    scores = L.Dense(10)(L.Dense(32, activation="relu")(flat))
    model = tf.keras.Model(inputs, L.Masking()(L.Softmax()(scores) * thin * 50.0))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=2, callbacks=[Stop()])
    return history.epoch, history.history["accuracy"][-1]
