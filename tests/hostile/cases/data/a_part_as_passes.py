# exercise: digits
# expect: failed data
# message: of the 60,000 training images
"""A part of the images without end, in epochs that are nearly as long as the dataset."""
import tensorflow as tf

L = tf.keras.layers


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    pipeline = tf.data.Dataset.from_tensor_slices((x[:58000] / 255.0, y[:58000])).shuffle(58000).repeat().batch(128)
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(pipeline, epochs=2, steps_per_epoch=468)
    return history.epoch, history.history["accuracy"][-1]
