"""Fashion-MNIST with a dense network: the first network of the course, trained for five epochs."""

import tensorflow as tf


# GRADED FUNCTION: train_fashion_dense
def train_fashion_dense():
    (training_images, training_labels), _ = tf.keras.datasets.fashion_mnist.load_data()

    # YOUR CODE STARTS HERE: scale the pixels from 0..255 to 0..1
    training_images = training_images / 255.0
    # YOUR CODE ENDS HERE

    model = tf.keras.Sequential(
        [
            # YOUR CODE STARTS HERE: flatten the images, a Dense layer of 128 units with relu, one of 10 with softmax
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
            # YOUR CODE ENDS HERE
        ]
    )
    model.compile(
        # YOUR CODE STARTS HERE: the optimizer adam, the loss for labels that are whole numbers, and the accuracy
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        # YOUR CODE ENDS HERE
    )

    history = model.fit(
        # YOUR CODE STARTS HERE: the images, the labels and five epochs
        training_images,
        training_labels,
        epochs=5,
        # YOUR CODE ENDS HERE
    )
    return history.epoch, history.history["accuracy"][-1]
