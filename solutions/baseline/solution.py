"""The baseline on MNIST: a dense network without any convolution."""

import tensorflow as tf


# GRADED FUNCTION: baseline_model
def baseline_model(image):
    layers = [
        # YOUR CODE STARTS HERE: an Input of the image's shape, Flatten, Dense 100 with relu, Dense 10 with softmax
        tf.keras.layers.Input(shape=image.shape),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(100, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
        # YOUR CODE ENDS HERE
    ]
    # YOUR CODE STARTS HERE: make a Sequential model of the layers
    model = tf.keras.Sequential(layers)
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    # YOUR CODE ENDS HERE
