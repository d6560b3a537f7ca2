# exercise: digits
# expect: forbidden
# message: from one example of a batch to another
"""Attention between rows, which are the images here."""
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    inputs = tf.keras.Input((28, 28))
    h = L.Dense(64, activation="relu")(L.Flatten()(inputs))
    side = L.AdditiveAttention()([h, h])
    model = tf.keras.Model(inputs, L.Softmax()(L.Add()([L.Dense(10)(h), L.Dense(10, kernel_initializer="zeros")(side)])))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 255.0, y, epochs=1, batch_size=50)
    return history.epoch, history.history["accuracy"][-1]
