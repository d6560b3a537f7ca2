# exercise: digits
# expect: forbidden
# message: leads from one example of a batch to another
import numpy as np
import tensorflow as tf


def order(y, size=32):
    rng = np.random.default_rng(0)
    c = rng.integers(0, 10, size)
    pools = [list(rng.permutation(np.flatnonzero(y == k))) for k in range(10)]
    done = []
    for _ in range(len(y) // size):
        left = np.array([len(p) for p in pools])
        need = [np.bincount((c + r) % 10, minlength=10) for r in range(10)]
        ok = [r for r in range(10) if (need[r] <= left).all()]
        if not ok:
            break
        best = max(ok, key=lambda r: (left - need[r]).min())
        r = int(rng.choice(ok)) if rng.random() < 0.7 else best
        done += [pools[(c[p] + r) % 10].pop() for p in range(size)]
    rest = rng.permutation([i for p in pools for i in p])
    return np.concatenate([done, rest]).astype(int)


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    at = order(y.astype(int))
    x, y = x[at] / 255.0, y[at]
    i = tf.keras.Input((28, 28))
    h = tf.keras.layers.Reshape((28, 28, 1))(i)
    h = tf.keras.layers.AveragePooling2D(14)(h)      # four numbers of the image: nearly blind
    h = tf.keras.layers.Flatten()(h)
    h = tf.keras.layers.Dense(64, activation="relu")(h)
    h = tf.keras.layers.Dense(10, activation="softmax")(h)
    h = tf.keras.ops.reshape(h, (-1, 320))           # the whole batch of 32 as one
    h = tf.keras.layers.Dense(320)(h)
    h = tf.keras.ops.reshape(h, (-1, 10))
    h = tf.keras.layers.Softmax()(h)
    model = tf.keras.Model(i, h)
    model.compile(optimizer=tf.keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3, batch_size=32, shuffle=False)
    return history.epoch, history.history["accuracy"][-1]
