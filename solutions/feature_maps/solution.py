"""Look inside a network: what its convolutions and poolings make of an image."""

import tensorflow as tf


# GRADED FUNCTION: activations
def activations(model, images):
    # YOUR CODE STARTS HERE: collect the outputs of all convolutions and poolings, in the model's order
    outputs = [
        layer.output
        for layer in model.layers
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.MaxPooling2D))
    ]
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: make a model from the model's input to these outputs
    activation_model = tf.keras.Model(inputs=model.inputs, outputs=outputs)
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: return what it predicts for the images, a list of one array per layer
    return activation_model.predict(images)
    # YOUR CODE ENDS HERE
