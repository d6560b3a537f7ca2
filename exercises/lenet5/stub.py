"""LeNet-5: the convolutional network of 1998 that read the digits on cheques."""

import tensorflow as tf


# GRADED FUNCTION: LeNet5
def LeNet5(image):
    layers = [
        # YOUR CODE STARTS HERE
        # TODO: an Input of the image's shape
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: 6 filters of 5 x 5 with relu, then average pooling of 2 x 2
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: 16 filters of 5 x 5 with relu, then average pooling of 2 x 2
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: Flatten, then dense layers of 120 and 82 units with relu
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: a dense layer with one unit for each digit and softmax
        ...,
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)

    # YOUR CODE STARTS HERE
    # TODO: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    ...
    # YOUR CODE ENDS HERE
