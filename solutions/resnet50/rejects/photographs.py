# expect: crashed
"""Asks for the weights learnt from photographs, which have three channels."""

import tensorflow as tf


def CustomResNet50(image):
    base_model = tf.keras.applications.ResNet50(include_top=False, weights="imagenet", input_shape=image.shape)

    X = base_model.output
    X = tf.keras.layers.GlobalAveragePooling2D()(X)
    X = tf.keras.layers.Dropout(0.5)(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)

    model = tf.keras.Model(inputs=base_model.input, outputs=X)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
