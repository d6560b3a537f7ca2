"""Fashion-MNIST with two convolutions: the same classifier with its attention on details."""

import tensorflow as tf


# GRADED FUNCTION: train_fashion_cnn
def train_fashion_cnn():
    (training_images, training_labels), _ = tf.keras.datasets.fashion_mnist.load_data()

    # YOUR CODE STARTS HERE
    # TODO: give the images a channel, shape (60000, 28, 28, 1), and scale the pixels to 0..1
    ...
    # YOUR CODE ENDS HERE

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28, 1)),
            # YOUR CODE STARTS HERE
            # TODO: twice 64 filters of 3 x 3 with relu and a max pooling of 2 x 2
            ...,
            # YOUR CODE ENDS HERE
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.summary()

    history = model.fit(
        # YOUR CODE STARTS HERE
        # TODO: the images, the labels and five epochs
        ...,
        # YOUR CODE ENDS HERE
    )
    return history.epoch, history.history["accuracy"][-1]
