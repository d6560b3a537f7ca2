# exercise: convolution
# expect: failed one-conv
# message: the model has 2 Conv2D layers
"""A model within the model with inputs by name, of which only one matters."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    inputs = tf.keras.Input((28, 28))
    h = L.Reshape((28, 28, 1))(inputs)
    one, other = tf.keras.Input((28, 28, 8), name="b"), tf.keras.Input((28, 28, 8), name="a")
    inner = tf.keras.Model({"b": one, "a": other}, {"z": L.Identity()(one), "y": L.Identity()(other)})
    h = inner({"a": L.Concatenate()([h] * 8), "b": L.Conv2D(8, 3, activation="relu", padding="same")(h)})["z"]
    h = L.MaxPooling2D(2)(L.Conv2D(8, 3, activation="relu")(h))
    h = L.Flatten()(h)
    model = tf.keras.Model(inputs, L.Dense(10, activation="softmax")(h))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3)
    return history.epoch, history.history["accuracy"][-1]
