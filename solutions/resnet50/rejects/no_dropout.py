# expect: failed head
"""The dropout is missing."""

import tensorflow as tf


def CustomResNet50(image):
    base_model = tf.keras.applications.ResNet50(include_top=False, weights=None, input_shape=image.shape)

    X = base_model.output
    X = tf.keras.layers.GlobalAveragePooling2D()(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)

    model = tf.keras.Model(inputs=base_model.input, outputs=X)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
