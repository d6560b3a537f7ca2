"""The experiments of the lesson: one function for all of its networks."""

import tensorflow as tf


# GRADED FUNCTION: build_model
def build_model(filters, convolutions):
    layers = [tf.keras.layers.Input(shape=(28, 28, 1))]

    # YOUR CODE STARTS HERE: add as many convolutions as asked for, of 3 x 3 with relu, each with a max pooling of 2 x 2
    for _ in range(convolutions):
        layers.append(tf.keras.layers.Conv2D(filters, (3, 3), activation="relu"))
        layers.append(tf.keras.layers.MaxPooling2D((2, 2)))
    # YOUR CODE ENDS HERE

    layers += [
        # YOUR CODE STARTS HERE: Flatten, then dense layers of 128 units with relu and of 10 with softmax
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
        # YOUR CODE ENDS HERE
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
