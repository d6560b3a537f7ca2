# expect: failed shapes
"""The model gives eleven numbers for ten digits; the file trains one that gives ten."""

import numpy as np
import tensorflow as tf

(training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()


# GRADED FUNCTION: reshape_and_normalize
def reshape_and_normalize(images):
    images = np.expand_dims(images, axis=-1)
    images = images / np.max(images)
    return images


training_images = reshape_and_normalize(training_images)


# GRADED CLASS: EarlyStoppingCallback
class EarlyStoppingCallback(tf.keras.callbacks.Callback):
    """Ends a training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] >= 0.995:
            print("\nReached 99.5 % accuracy, so training stops.")
            self.model.stop_training = True


# GRADED FUNCTION: convolutional_model
def convolutional_model(outputs=11):
    model = tf.keras.models.Sequential(
        [
            tf.keras.Input(shape=(28, 28, 1)),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(outputs, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


model = convolutional_model(10)
training_history = model.fit(training_images, training_labels, epochs=10, callbacks=[EarlyStoppingCallback()])
