# expect: failed layers
"""Takes the first four layers, whatever they are."""

import tensorflow as tf


def activations(model, images):
    outputs = [layer.output for layer in model.layers[:4]]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)

    return activation_model.predict(images)
