"""Recognise handwritten digits with two convolutions, to 99.8 % training accuracy."""

import tensorflow as tf


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` is above 99.8 %
        if logs["accuracy"] > 0.998:
            print("\nReached 99.8 % accuracy, so training stops.")
            self.model.stop_training = True
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist_conv
def train_mnist_conv():
    (training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()

    # YOUR CODE STARTS HERE: give the images a channel, shape (60000, 28, 28, 1), and scale the pixels to 0..1
    training_images = training_images.reshape(60000, 28, 28, 1)
    training_images = training_images / 255.0
    # YOUR CODE ENDS HERE

    model = tf.keras.Sequential(
        [
            # YOUR CODE STARTS HERE: two Conv2D, each with a MaxPooling2D after it, then Flatten and Dense layers
            tf.keras.layers.Input(shape=(28, 28, 1)),
            tf.keras.layers.Conv2D(64, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D((2, 2)),
            tf.keras.layers.Conv2D(64, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D((2, 2)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        # YOUR CODE STARTS HERE: the images, the labels, at most 20 epochs and your callback
        training_images,
        training_labels,
        epochs=20,
        callbacks=[StopAtAccuracy()],
        # YOUR CODE ENDS HERE
    )
    return history.epoch, history.history["accuracy"][-1]
