"""Look inside a network: what its convolutions and poolings make of an image."""

import tensorflow as tf


# GRADED FUNCTION: activations
def activations(model, images):
    # YOUR CODE STARTS HERE
    # TODO: collect the outputs of all convolutions and poolings, in the model's order
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: make a model from the model's input to these outputs
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: return what it predicts for the images, a list of one array per layer
    ...
    # YOUR CODE ENDS HERE
