"""A basic convolutional network on MNIST: one convolution before the dense layers."""

import tensorflow as tf


# GRADED FUNCTION: basic_cnn
def basic_cnn(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE STARTS HERE: 32 filters of 3 x 3, Flatten, Dense 128, and a Dense layer for the ten digits
        tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)

    # YOUR CODE STARTS HERE: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    # YOUR CODE ENDS HERE
