"""Week 2, as of 2024: a model, a callback and a training, each under a name of its own."""

import tensorflow as tf

(training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()
training_images = training_images / 255.0


# GRADED FUNCTION: create_and_compile_model
def create_and_compile_model():
    """Returns the compiled (but untrained) model."""
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE: the shape of one image, then Flatten, one hidden Dense layer and one of 10 units
            tf.keras.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(
        # YOUR CODE STARTS HERE: an optimizer, a loss for labels that are whole numbers, the metric accuracy
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        # YOUR CODE ENDS HERE
    )
    return model


# GRADED CLASS: EarlyStoppingCallback
class EarlyStoppingCallback(tf.keras.callbacks.Callback):
    """Ends a training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` is 98 % or more
        if logs["accuracy"] >= 0.98:
            self.model.stop_training = True
            print("\nReached 98 % accuracy, so training stops.")
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist
def train_mnist(training_images, training_labels):
    """Trains the model on the images and returns the History."""
    model = create_and_compile_model()
    history = model.fit(
        # YOUR CODE STARTS HERE: the images, the labels, ten epochs and the callback
        training_images,
        training_labels,
        epochs=10,
        callbacks=[EarlyStoppingCallback()],
        # YOUR CODE ENDS HERE
    )
    return history


training_history = train_mnist(training_images, training_labels)
