# expect: failed values
"""Copies the model, and the copy starts from fresh weights."""

import tensorflow as tf


def activations(model, images):
    model = tf.keras.models.clone_model(model)
    outputs = [
        layer.output
        for layer in model.layers
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.MaxPooling2D))
    ]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)

    return activation_model.predict(images)
