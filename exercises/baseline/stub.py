"""The baseline on MNIST: a dense network without any convolution."""

import tensorflow as tf


# GRADED FUNCTION: baseline_model
def baseline_model(image):
    layers = [
        # YOUR CODE STARTS HERE
        # TODO: an Input of the image's shape, Flatten, Dense 100 with relu, Dense 10 with softmax
        ...,
        # YOUR CODE ENDS HERE
    ]
    # YOUR CODE STARTS HERE
    # TODO: make a Sequential model of the layers
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    ...
    # YOUR CODE ENDS HERE
