# exercise: digits
# expect: forbidden
# message: has weights of its own
"""Remembers in a weight of its own what it saw."""
import tensorflow as tf


class Remembers(tf.keras.layers.Layer):
    def build(self, shape):
        self.seen = self.add_weight(shape=(10,), initializer="zeros", trainable=False, name="seen")

    def call(self, x):
        self.seen.assign_add(tf.ones(10))
        return x + self.seen


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.out, self.memory = tf.keras.layers.Flatten(), tf.keras.layers.Dense(10), Remembers()

    def call(self, images):
        return tf.nn.softmax(self.memory(self.out(self.flat(images))))


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = Digits()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
