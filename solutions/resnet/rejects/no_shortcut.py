# expect: failed skip
"""The two ways are never joined."""

import tensorflow as tf


def SimpleResNet(image):
    input_layer = tf.keras.layers.Input(shape=image.shape)

    X = tf.keras.layers.Conv2D(64, (3, 3), activation="relu")(input_layer)
    X = tf.keras.layers.BatchNormalization()(X)

    X_shortcut = X

    X = tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu")(X)
    X = tf.keras.layers.BatchNormalization()(X)

    X = tf.keras.layers.Activation("relu")(X)
    X = tf.keras.layers.Flatten()(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)

    model = tf.keras.Model(inputs=input_layer, outputs=X)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
