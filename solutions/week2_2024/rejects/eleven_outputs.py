# expect: failed shapes
"""The model gives eleven numbers for ten digits."""

import tensorflow as tf

(training_images, training_labels), _ = tf.keras.datasets.mnist.load_data()
training_images = training_images / 255.0


# GRADED FUNCTION: create_and_compile_model
def create_and_compile_model():
    """Returns the compiled (but untrained) model."""
    model = tf.keras.models.Sequential(
        [
            tf.keras.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(11, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


# GRADED CLASS: EarlyStoppingCallback
class EarlyStoppingCallback(tf.keras.callbacks.Callback):
    """Ends a training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] >= 0.98:
            self.model.stop_training = True
            print("\nReached 98 % accuracy, so training stops.")


# GRADED FUNCTION: train_mnist
def train_mnist(training_images, training_labels):
    """Trains the model on the images and returns the History."""
    model = create_and_compile_model()
    history = model.fit(
        training_images,
        training_labels,
        epochs=10,
        callbacks=[EarlyStoppingCallback()],
    )
    return history


training_history = train_mnist(training_images, training_labels)
