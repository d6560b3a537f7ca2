# expect: failed layers
"""Takes every layer, also Flatten and Dense."""

import tensorflow as tf


def activations(model, images):
    outputs = [layer.output for layer in model.layers]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)

    return activation_model.predict(images)
