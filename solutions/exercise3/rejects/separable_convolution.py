# expect: failed one-conv
"""A second convolution of another kind stands behind the first."""

import tensorflow as tf


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > 0.998:
            self.model.stop_training = True


def train_mnist_conv():
    (training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()

    training_images = training_images.reshape(60000, 28, 28, 1)
    training_images = training_images / 255.0

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28, 1)),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D((2, 2)),
            tf.keras.layers.SeparableConv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        training_images,
        training_labels,
        epochs=19,
        callbacks=[StopAtAccuracy()],
    )
    return history.epoch, history.history["accuracy"][-1]
