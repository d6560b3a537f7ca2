# exercise: digits
# expect: forbidden
# message: leads from one example of a batch to another
"""Images put so that the shuffling, whose seed is known, makes batches of one class of them."""
import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

L = tf.keras.layers


def shuffled(size):
    keras.utils.set_random_seed(7)
    adapter = ArrayDataAdapter(np.arange(60000), np.arange(60000), batch_size=size, shuffle=True)
    return np.concatenate([np.asarray(batch[0]) for batch in adapter.get_tf_dataset()])


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    rng = np.random.default_rng(0)
    of_one_class = [places[: len(places) // 100 * 100].reshape(-1, 100) for places in map(np.flatnonzero, (y == c for c in range(10)))]
    rest = np.setdiff1d(np.arange(60000), np.concatenate([blocks.ravel() for blocks in of_one_class]))
    place = np.empty(60000, int)
    place[shuffled(100)] = np.concatenate([rng.permutation(np.concatenate(of_one_class)).ravel(), rest])
    inputs = tf.keras.Input((28, 28))
    scores = L.Dense(10)(L.Flatten()(inputs))
    model = tf.keras.Model(inputs, L.Softmax()(scores + 4.0 * tf.keras.ops.mean(scores, axis=0, keepdims=True)))
    model.compile(tf.keras.optimizers.SGD(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[place] / 255.0, y[place], epochs=1, batch_size=100)
    return history.epoch, history.history["accuracy"][-1]
