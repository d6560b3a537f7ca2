"""LeNet-5: the convolutional network of 1998 that read the digits on cheques."""

import tensorflow as tf


# GRADED FUNCTION: LeNet5
def LeNet5(image):
    layers = [
        # YOUR CODE STARTS HERE: an Input of the image's shape
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: 6 filters of 5 x 5 with relu, then average pooling of 2 x 2
        tf.keras.layers.Conv2D(6, (5, 5), activation="relu"),
        tf.keras.layers.AveragePooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: 16 filters of 5 x 5 with relu, then average pooling of 2 x 2
        tf.keras.layers.Conv2D(16, (5, 5), activation="relu"),
        tf.keras.layers.AveragePooling2D((2, 2)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: Flatten, then dense layers of 120 and 82 units with relu
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(120, activation="relu"),
        tf.keras.layers.Dense(82, activation="relu"),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: a dense layer with one unit for each digit and softmax
        tf.keras.layers.Dense(10, activation="softmax"),
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)

    # YOUR CODE STARTS HERE: compile it with adam, sparse categorical crossentropy and the accuracy, and return it
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    # YOUR CODE ENDS HERE
