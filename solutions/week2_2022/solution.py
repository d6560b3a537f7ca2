"""Week 2, as of 2022: a function that is given the images and returns the History of its training."""

import tensorflow as tf


class myCallback(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` has reached 99 %
        if logs["accuracy"] >= 0.99:
            print("\nReached 99 % accuracy, so training stops.")
            self.model.stop_training = True
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist
def train_mnist(x_train, y_train):
    callbacks = myCallback()
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE: flatten the images, then one hidden Dense layer and one of 10 units with softmax
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(512, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    history = model.fit(
        # YOUR CODE STARTS HERE: the images, the labels, ten epochs and the callback
        x_train,
        y_train,
        epochs=10,
        callbacks=[callbacks],
        # YOUR CODE ENDS HERE
    )
    return history


(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
x_train = x_train / 255.0
hist = train_mnist(x_train, y_train)
