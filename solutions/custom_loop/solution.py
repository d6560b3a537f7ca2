"""Fashion-MNIST without `fit`: a training loop by hand, with GradientTape."""

import numpy as np
import tensorflow as tf


# GRADED FUNCTION: train_by_hand
def train_by_hand():
    (images, labels), _ = tf.keras.datasets.fashion_mnist.load_data()
    pixels = (images / 255.0).astype("float32")
    batches = tf.data.Dataset.from_tensor_slices((pixels, labels)).shuffle(60000, seed=1).batch(128)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input(shape=(28, 28)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(10),
        ]
    )
    optimizer = tf.keras.optimizers.Adam()
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metric = tf.keras.metrics.SparseCategoricalAccuracy()

    @tf.function
    def step(some_images, some_labels):
        # YOUR CODE STARTS HERE: watch the loss with a GradientTape, apply the gradients, update the metric
        with tf.GradientTape() as tape:
            scores = model(some_images, training=True)
            loss = loss_of(some_labels, scores)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        metric.update_state(some_labels, scores)
        # YOUR CODE ENDS HERE

    accuracies = []
    for _ in range(4):
        # YOUR CODE STARTS HERE: a step for each batch, then note the epoch's accuracy and reset the metric
        for some_images, some_labels in batches:
            step(some_images, some_labels)
        accuracies.append(float(metric.result()))
        metric.reset_state()
        # YOUR CODE ENDS HERE

    def predict(new_images):
        # YOUR CODE STARTS HERE: the class of each of the images, whose pixels go from 0 to 255
        return np.argmax(model(new_images / np.float32(255)), axis=1)
        # YOUR CODE ENDS HERE

    return predict, accuracies
