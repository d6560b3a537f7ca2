"""ResNet50 with a head of our own, for small padded digits."""

import tensorflow as tf


# GRADED FUNCTION: CustomResNet50
def CustomResNet50(image):
    # YOUR CODE STARTS HERE
    # TODO: the stock ResNet50 without its top and without weights, for images of this shape
    ...
    # YOUR CODE ENDS HERE

    X = base_model.output
    # YOUR CODE STARTS HERE
    # TODO: global average pooling, a dropout of one half, a dense layer of 10 units with softmax
    ...
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE
    # TODO: make a Model from the input of the stock network to X
    ...
    # YOUR CODE ENDS HERE
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
