# expect: failed function
"""Builds the model and forgets to train it."""

import tensorflow as tf


def train_mnist_conv():
    model = tf.keras.Sequential([tf.keras.layers.Dense(10)])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
