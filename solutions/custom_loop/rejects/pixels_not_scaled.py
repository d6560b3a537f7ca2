# expect: failed generalises
"""Forgets to divide the pixels by 255 in `predict`, and inverts them."""


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
        with tf.GradientTape() as tape:
            scores = model(some_images, training=True)
            loss = loss_of(some_labels, scores)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        metric.update_state(some_labels, scores)

    accuracies = []
    for _ in range(4):
        for some_images, some_labels in batches:
            step(some_images, some_labels)
        accuracies.append(float(metric.result()))
        metric.reset_state()

    def predict(new_images):
        return np.argmax(model(255 - new_images.astype("float32")), axis=1)

    return predict, accuracies
