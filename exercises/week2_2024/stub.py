"""Week 2, as of 2024: a model, a callback and a training, each under a name of its own."""

import tensorflow as tf

(training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()
training_images = training_images / 255.0


# GRADED FUNCTION: create_and_compile_model
def create_and_compile_model():
    """Returns the compiled (but untrained) model."""
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE
            # TODO: the shape of one image, then Flatten, one hidden Dense layer and one of 10 units
            ...,
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(
        # YOUR CODE STARTS HERE
        # TODO: an optimizer, a loss for labels that are whole numbers, the metric accuracy
        ...,
        # YOUR CODE ENDS HERE
    )
    return model


# GRADED CLASS: EarlyStoppingCallback
class EarlyStoppingCallback(tf.keras.callbacks.Callback):
    """Ends a training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE
        # TODO: stop the training once the accuracy in `logs` is 98 % or more
        ...
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_mnist
def train_mnist(training_images, training_labels):
    """Trains the model on the images and returns the History."""
    model = create_and_compile_model()
    history = model.fit(
        # YOUR CODE STARTS HERE
        # TODO: the images, the labels, ten epochs and the callback
        ...,
        # YOUR CODE ENDS HERE
    )
    return history


training_history = train_mnist(training_images, training_labels)
