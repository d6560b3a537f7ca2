# exercise: convolution
# expect: failed one-conv
"""A convolution without a trace, behind more layers than are looked at."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    inputs = tf.keras.Input((28, 28, 1))
    h = inputs
    for _ in range(13):
        h = L.Dense(1)(h)
    side = L.Conv2D(1, 3, padding="same")(h)
    for _ in range(4):
        side = side * 1e-5
    h = L.MaxPooling2D(2)(h + side)
    model = tf.keras.Model(inputs, L.Dense(10, activation="softmax")(L.Flatten()(h)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000, ..., None] / 255.0, y[:2000], epochs=4)
    return history.epoch, history.history["accuracy"][-1]
