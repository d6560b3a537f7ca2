"""Week 2, as of 2022: a function that is given the images and returns the History of its training."""

import tensorflow as tf


class myCallback(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE
        # TODO: stop the training once the accuracy in `logs` has reached 99 %
        ...
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist
def train_mnist(x_train, y_train):
    callbacks = myCallback()
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE
            # TODO: flatten the images, then one hidden Dense layer and one of 10 units with softmax
            ...,
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        # YOUR CODE STARTS HERE
        # TODO: the images, the labels, ten epochs and the callback
        ...,
        # YOUR CODE ENDS HERE
    )
    return history


(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
x_train = x_train / 255.0
hist = train_mnist(x_train, y_train)
