# exercise: digits
# expect: forbidden
# message: builds something else each time
"""Is another network each time that it is called."""
import tensorflow as tf


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.calls = tf.keras.layers.Flatten(), 0
        self.layers_in_turn = [tf.keras.layers.Dense(10, activation="softmax") for _ in range(3)]

    def call(self, images):
        self.calls += 1
        return self.layers_in_turn[self.calls % 3](self.flat(images))


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = Digits()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
