"""AlexNet: the network that won the ImageNet contest of 2012, on padded digits."""

import tensorflow as tf


# GRADED FUNCTION: AlexNet
def AlexNet(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE STARTS HERE
        # TODO: 96 filters of 11 x 11 with relu, batch normalization, max pooling of 3 x 3
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: 256 filters of 5 x 5 with relu on the padded image, batch normalization, max pooling of 3 x 3
        ...,
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE
        # TODO: 384 padded, 384 and 256 filters of 3 x 3 with relu, batch normalization after each, max pooling of 3 x 3
        ...,
        # YOUR CODE ENDS HERE
        tf.keras.layers.Flatten(),
        # YOUR CODE STARTS HERE
        # TODO: dense layers of 9216, 4096 and 4096 units with relu, a dropout of one half after each
        ...,
        # YOUR CODE ENDS HERE
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
