"""VGG16: sixteen layers with weights, all convolutions of 3 x 3, on padded digits."""

import tensorflow as tf


# GRADED FUNCTION: VGG16
def VGG16(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE STARTS HERE: the first block: two padded convolutions of 64 filters of 3 x 3 with relu, max pooling of 2 x 2
        tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: the second block: two padded convolutions of 128 filters of 3 x 3 with relu, max pooling of 2 x 2
        tf.keras.layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: the third block: three padded convolutions of 256 filters of 3 x 3 with relu, max pooling of 2 x 2
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: the fourth block: three padded convolutions of 512 filters of 3 x 3 with relu, max pooling of 2 x 2
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: the fifth block: three padded convolutions of 512 filters of 3 x 3 with relu, max pooling of 2 x 2
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        tf.keras.layers.Flatten(),
        # YOUR CODE STARTS HERE: two dense layers of 4096 units with relu, and one of 100 units with softmax
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dense(100, activation="softmax"),
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
