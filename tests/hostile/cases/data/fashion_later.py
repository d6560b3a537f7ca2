# exercise: digits
# expect: failed data
# message: Fashion-MNIST
"""The model goes on with another dataset after the right one."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    (other, labels), _ = tf.keras.datasets.fashion_mnist.load_data()
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x / 255.0, y, epochs=1, batch_size=512)
    history = model.fit(other / 255.0, labels, epochs=1, batch_size=512)
    return history.epoch, history.history["accuracy"][-1]
