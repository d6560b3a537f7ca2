# expect: failed threshold
"""Four epochs are too few."""

import zipfile

import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator

DESIRED_ACCURACY = 0.999

with zipfile.ZipFile("happy-or-sad.zip") as archive:
    archive.extractall("h-or-s")


class StopAtAccuracy(tf.keras.callbacks.Callback):
    """Ends the training once it is good enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > DESIRED_ACCURACY:
            self.model.stop_training = True


# GRADED FUNCTION: train_happy_sad_model
def train_happy_sad_model():
    model = tf.keras.models.Sequential(
        [
            tf.keras.layers.Input(shape=(150, 150, 3)),
            tf.keras.layers.Conv2D(16, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Conv2D(64, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(512, activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.001), loss="binary_crossentropy", metrics=["accuracy"]
    )

    generator = ImageDataGenerator(rescale=1 / 255)
    train_generator = generator.flow_from_directory(
        "h-or-s", target_size=(150, 150), batch_size=10, class_mode="binary"
    )

    history = model.fit(
        train_generator,
        steps_per_epoch=8,
        epochs=4,
        callbacks=[StopAtAccuracy()],
    )
    return history.history["accuracy"][-1]
