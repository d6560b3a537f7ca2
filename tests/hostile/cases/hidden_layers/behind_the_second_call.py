# exercise: convolution
# expect: failed one-conv
# message: the model has 2 Conv2D layers
"""One model called twice; the call with the convolution behind it is the second."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    inputs = tf.keras.Input((28, 28))
    h = L.Reshape((28, 28, 1))(inputs)
    into = tf.keras.Input((28, 28, 8))
    inner = tf.keras.Model(into, L.ReLU()(into))
    wide = L.Concatenate()([h] * 8)
    first = inner(wide)
    second = inner(L.Conv2D(8, 3, padding="same")(h))
    h = L.MaxPooling2D(2)(L.Conv2D(8, 3, activation="relu")(L.Add()([second, first])))
    h = L.Flatten()(h)
    model = tf.keras.Model(inputs, L.Dense(10, activation="softmax")(h))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3)
    return history.epoch, history.history["accuracy"][-1]
