# exercise: digits
# expect: forbidden
# message: numbers that act on the images
"""The same by initializers that draw around nought by their nature."""
import numpy as np
import tensorflow as tf

L, ops = tf.keras.layers, tf.keras.ops
(x, y), _ = tf.keras.datasets.mnist.load_data()
x = x / 255.0


def weights(side=4):
    """A linear classifier of blocks of pixels, made here."""
    blocks = x[:6000].reshape(6000, 28 // side, side, 28 // side, side).mean((2, 4)).reshape(6000, -1)
    found = np.linalg.lstsq(blocks, 10 * np.eye(10)[y[:6000]], rcond=None)[0]
    return found / np.abs(found).max()


drawn = np.array([float(np.asarray(tf.keras.initializers.GlorotUniform(seed=seed)((1, 1))).item()) for seed in range(400)])


def carried(weight):
    seed = int(np.abs(drawn - weight).argmin())
    return L.Dense(1, use_bias=False, kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed))


def train():
    inputs = tf.keras.Input((28, 28))
    h = L.Flatten()(L.AveragePooling2D(4)(L.Reshape((28, 28, 1))(inputs)))
    w = weights()
    scores = [L.Add()([carried(float(w[i, c]))(h[:, i : i + 1]) for i in range(49)]) for c in range(10)]
    outputs = L.Softmax()(L.Concatenate()(scores))
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-12), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=1, batch_size=200)
    return history.epoch, history.history["accuracy"][-1]
