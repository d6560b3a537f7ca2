# exercise: convolution
# expect: failed one-conv
"""A convolution without a trace, called like a layer of a nested model."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    inputs = tf.keras.Input((28, 28, 1))
    side = L.Conv2D(1, 3, padding="same", name="twin")(inputs)
    for _ in range(4):
        side = side * 1e-5
    h = L.MaxPooling2D(2)(inputs + side)
    inner = tf.keras.Sequential([L.Input((196,)), L.Dense(10, activation="softmax", name="twin")])
    model = tf.keras.Model(inputs, inner(L.Flatten()(h)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000, ..., None] / 255.0, y[:2000], epochs=4)
    return history.epoch, history.history["accuracy"][-1]
