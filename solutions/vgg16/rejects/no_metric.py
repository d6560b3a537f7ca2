# expect: failed compiled
"""No metric is asked for."""

import tensorflow as tf


def VGG16(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        tf.keras.layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(128, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(256, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.Conv2D(512, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.MaxPooling2D((2, 2)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dense(100, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model
