# expect: failed layers
"""The model has a single output, that of the last pooling."""

import tensorflow as tf


def activations(model, images):
    outputs = [
        layer.output
        for layer in model.layers
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.MaxPooling2D))
    ]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs[-1])

    return activation_model.predict(images)
