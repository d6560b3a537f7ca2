# exercise: convolution
# expect: forbidden
# message: activation
"""A second convolution that is called an activation."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([L.Input((28, 28)), L.Reshape((28, 28, 1)), L.Conv2D(4, 3), L.Activation(L.Conv2D(4, 3, padding="same")),
                                 L.MaxPooling2D(4), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000] / 255.0, y[:2000], epochs=4)
    return history.epoch, history.history["accuracy"][-1]
