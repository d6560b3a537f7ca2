"""A basic convolutional network on MNIST: one convolution before the dense layers."""

import tensorflow as tf


# GRADED FUNCTION: basic_cnn
def basic_cnn(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE STARTS HERE
        # TODO: 32 filters of 3 x 3, Flatten, Dense 128, and a Dense layer for the ten digits
        ...,
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)

    # YOUR CODE STARTS HERE
    # TODO: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    ...
    # YOUR CODE ENDS HERE
