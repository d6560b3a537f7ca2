# exercise: convolution
# expect: failed one-conv
"""A second convolution in a wrapper of a wrapper."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    hidden = L.TimeDistributed(L.TimeDistributed(L.Conv2D(4, 3)))
    model = tf.keras.Sequential([L.Input((28, 28)), L.Reshape((1, 1, 28, 28, 1)), hidden, L.Reshape((26, 26, 4)), L.Conv2D(4, 3),
                                 L.MaxPooling2D(4), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=4)
    return history.epoch, history.history["accuracy"][-1]
