"""Week 4: tell happy faces from sad ones, read from a zip of image folders."""

import zipfile

import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator

DESIRED_ACCURACY = 0.999

with zipfile.ZipFile("happy-or-sad.zip") as archive:
    archive.extractall("h-or-s")


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE
        # TODO: stop the training once the accuracy in `logs` is above DESIRED_ACCURACY
        ...
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_happy_sad_model
def train_happy_sad_model():
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE
            # TODO: three convolutions with poolings, then Flatten, a Dense layer, and one unit
            ...,
            # YOUR CODE ENDS HERE
        ]
    )
    # YOUR CODE STARTS HERE
    # TODO: compile the model for two kinds, with accuracy as metric
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: make a generator that scales the pixels to 0..1, and let it read the folder h-or-s
    ...
    # YOUR CODE ENDS HERE

    history = model.fit(
        # YOUR CODE STARTS HERE
        # TODO: the generator, the number of epochs (at most 30) and your callback
        ...,
        # YOUR CODE ENDS HERE
    )
    return history.history["accuracy"][-1]
