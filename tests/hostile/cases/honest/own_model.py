# exercise: digits
# expect: passed
"""A class of one's own with blocks of one's own, dropout by hand and TensorFlow's operations."""
import tensorflow as tf


class Block(tf.keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.dense, self.drop = tf.keras.layers.Dense(units), tf.keras.layers.Dropout(0.1)

    def call(self, x, training=None):
        return self.drop(tf.nn.relu(self.dense(x)), training=training)


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Block(64), Block(32)]
        self.out = tf.keras.layers.Dense(10)

    def call(self, images, training=False):
        x = tf.reshape(images, [tf.shape(images)[0], 784])
        for block in self.blocks:
            x = block(x, training=training)
        return tf.nn.softmax(self.out(x))


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = Digits()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=2, batch_size=100)
    return history.epoch, history.history["accuracy"][-1]
