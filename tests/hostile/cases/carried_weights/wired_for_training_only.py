# exercise: digits
# expect: forbidden
# message: before it is trained
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def pixels(count=12):
    """For each class the pixels that speak most for it, and against it."""
    means = np.stack([x[y == one].mean(0).ravel() for one in range(10)])
    order = np.argsort(means - means.mean(0), axis=1)
    return order[:, -count:], order[:, :count]


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(inputs)
    sides = [[L.Add()([h[:, int(i) : int(i) + 1] for i in row]) for row in side] for side in pixels()]
    h = L.Concatenate()([L.Subtract()([one, other]) for one, other in zip(*sides)])
    late = tf.keras.initializers.Constant(1e30)
    outputs = L.Softmax()(L.BatchNormalization(moving_variance_initializer=late)(h))
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-12), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
