# exercise: convolution
# expect: failed one-conv
# message: the model has 2 Conv2D layers
"""Time steps of a sequence in a TimeDistributed of a Sequential."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    inputs = tf.keras.Input((28, 28))
    h = L.Reshape((28, 28, 1))(inputs)
    inner = tf.keras.Sequential([L.Conv2D(8, 3, activation="relu")])
    h = L.TimeDistributed(inner)(L.Reshape((1, 28, 28, 1))(h))
    h = L.MaxPooling2D(2)(L.Conv2D(8, 3, activation="relu")(L.Reshape((26, 26, 8))(h)))
    h = L.Flatten()(h)
    model = tf.keras.Model(inputs, L.Dense(10, activation="softmax")(h))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3)
    return history.epoch, history.history["accuracy"][-1]
