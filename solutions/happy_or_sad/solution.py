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
        # YOUR CODE STARTS HERE: stop the training once the accuracy in `logs` is above DESIRED_ACCURACY
        if logs["accuracy"] > DESIRED_ACCURACY:
            print("\nReached 99.9 % accuracy, so training stops.")
            self.model.stop_training = True
        # YOUR CODE ENDS HERE


# GRADED FUNCTION: train_happy_sad_model
def train_happy_sad_model():
    model = tf.keras.models.Sequential(
        [
            # YOUR CODE STARTS HERE: three convolutions with poolings, then Flatten, a Dense layer, and one unit
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
            # YOUR CODE ENDS HERE
        ]
    )
    # YOUR CODE STARTS HERE: compile the model for two kinds, with accuracy as metric
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.001), loss="binary_crossentropy", metrics=["accuracy"]
    )
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: make a generator that scales the pixels to 0..1, and let it read the folder h-or-s
    generator = ImageDataGenerator(rescale=1 / 255)
    train_generator = generator.flow_from_directory(
        "h-or-s", target_size=(150, 150), batch_size=10, class_mode="binary"
    )
    # YOUR CODE ENDS HERE

    history = model.fit(
        # YOUR CODE STARTS HERE: the generator, the number of epochs (at most 30) and your callback
        train_generator,
        steps_per_epoch=8,
        epochs=30,
        callbacks=[StopAtAccuracy()],
        # YOUR CODE ENDS HERE
    )
    return history.history["accuracy"][-1]
