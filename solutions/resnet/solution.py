"""A small residual network: the shortcut lets a tensor skip a convolution."""

import tensorflow as tf


# GRADED FUNCTION: SimpleResNet
def SimpleResNet(image):
    input_layer = tf.keras.layers.Input(shape=image.shape)

    X = tf.keras.layers.Conv2D(64, (3, 3), activation="relu")(input_layer)
    X = tf.keras.layers.BatchNormalization()(X)

    # YOUR CODE STARTS HERE: keep the tensor for the skip connection
    X_shortcut = X
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: a padded convolution of 64 filters of 3 x 3 with relu, then batch normalization
    X = tf.keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu")(X)
    X = tf.keras.layers.BatchNormalization()(X)
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: add the shortcut, then a layer Activation with relu
    X = tf.keras.layers.Add()([X, X_shortcut])
    X = tf.keras.layers.Activation("relu")(X)
    # YOUR CODE ENDS HERE
    X = tf.keras.layers.Flatten()(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)

    # YOUR CODE STARTS HERE: make a Model from the input layer to X
    model = tf.keras.Model(inputs=input_layer, outputs=X)
    # YOUR CODE ENDS HERE
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
