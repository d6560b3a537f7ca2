"""Exercise 1: recognise handwritten digits with a dense network, to 99 % training accuracy."""

import tensorflow as tf


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` is above 99 %
        if logs["accuracy"] > 0.99:
            print("\nReached 99 % accuracy, so training stops.")
            self.model.stop_training = True
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist
def train_mnist():
    (training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()

    # YOUR CODE STARTS HERE: scale the pixels from 0..255 to 0..1
    training_images = training_images / 255.0
    # YOUR CODE ENDS HERE

    model = tf.keras.Sequential(
        [
            # YOUR CODE STARTS HERE: flatten the images, then one hidden Dense layer and one of 10 units with softmax
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        # YOUR CODE STARTS HERE: the images, the labels, the number of epochs (fewer than 10) and your callback
        training_images,
        training_labels,
        epochs=9,
        callbacks=[StopAtAccuracy()],
        # YOUR CODE ENDS HERE
    )
    return history.epoch, history.history["accuracy"][-1]
