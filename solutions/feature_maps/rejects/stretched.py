# expect: failed values
"""Stretches every map to 0..1, as for a picture."""

import tensorflow as tf


def activations(model, images):
    outputs = [
        layer.output
        for layer in model.layers
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.MaxPooling2D))
    ]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)

    return [maps / (maps.max() + 1e-9) for maps in activation_model.predict(images)]
