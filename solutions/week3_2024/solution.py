"""Week 3, as of 2024: prepared images, a callback and a convolutional model, trained by the file itself."""

import numpy as np
import tensorflow as tf

(training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()


# GRADED FUNCTION: reshape_and_normalize
def reshape_and_normalize(images):
    # YOUR CODE STARTS HERE: add a last axis for the channel, and scale the pixels from 0..255 to 0..1
    images = np.expand_dims(images, axis=-1)
    images = images / np.max(images)
    # YOUR CODE ENDS HERE
    return images


training_images = reshape_and_normalize(training_images)


# GRADED CLASS: EarlyStoppingCallback
class EarlyStoppingCallback(tf.keras.callbacks.Callback):
    """Ends a training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` is 99.5 % or more
        if logs["accuracy"] >= 0.995:
            print("\nReached 99.5 % accuracy, so training stops.")
            self.model.stop_training = True
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: convolutional_model
def convolutional_model():
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE: a convolution, a pooling, then Flatten and Dense layers
            tf.keras.Input(shape=(28, 28, 1)),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


model = convolutional_model()
training_history = model.fit(training_images, training_labels, epochs=10, callbacks=[EarlyStoppingCallback()])
