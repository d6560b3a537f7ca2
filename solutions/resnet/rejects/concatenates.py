# expect: failed skip
"""Puts the two ways side by side, and makes 64 maps of them again by pooling over pairs."""

import tensorflow as tf


def SimpleResNet(image):
    input_layer = tf.keras.layers.Input(shape=image.shape)

    X = tf.keras.layers.Conv2D(64, (3, 3), activation="relu")(input_layer)
    X = tf.keras.layers.BatchNormalization()(X)

    X_shortcut = X

    X = tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu")(X)
    X = tf.keras.layers.BatchNormalization()(X)

    X = tf.keras.layers.Concatenate()([X, X_shortcut])
    X = tf.keras.layers.Reshape((26, 26, 64, 2))(X)
    X = tf.keras.layers.MaxPooling3D((1, 1, 1))(X)
    X = tf.keras.layers.Reshape((26, 26, 128))(X)
    X = tf.keras.layers.Cropping1D((0, 64))(tf.keras.layers.Permute((2, 1))(tf.keras.layers.Reshape((676, 128))(X)))
    X = tf.keras.layers.Reshape((26, 26, 64))(tf.keras.layers.Permute((2, 1))(X))
    X = tf.keras.layers.Activation("relu")(X)
    X = tf.keras.layers.Flatten()(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)

    model = tf.keras.Model(inputs=input_layer, outputs=X)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
