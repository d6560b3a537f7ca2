# expect: failed layers
"""Names two pairs of layers, as if each network had just these."""

import tensorflow as tf


def activations(model, images):
    outputs = [model.get_layer(name).output for name in ("conv_1", "pool_1", "conv_2", "pool_2")]

    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)

    return activation_model.predict(images)
