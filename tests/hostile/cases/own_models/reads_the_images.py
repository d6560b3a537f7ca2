# exercise: digits
# expect: forbidden
# message: numbers of its own
"""Compares each image with the training images, which it brings along."""
import tensorflow as tf

(x, y), _ = tf.keras.datasets.mnist.load_data()
TABLE = tf.constant(x[:2000].reshape(2000, 784).T / 255.0, tf.float32)
LABELS = tf.one_hot(y[:2000], 10)


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.out = tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")

    def call(self, images):
        return self.out(tf.matmul(tf.matmul(self.flat(images), TABLE), LABELS))


def train():
    model = Digits()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
