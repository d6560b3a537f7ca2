"""ResNet50 with a head of our own, for small padded digits."""

import tensorflow as tf


# GRADED FUNCTION: CustomResNet50
def CustomResNet50(image):
    # YOUR CODE STARTS HERE: the stock ResNet50 without its top and without weights, for images of this shape
    base_model = tf.keras.applications.ResNet50(include_top=False, weights=None, input_shape=image.shape)
    # YOUR CODE ENDS HERE

    X = base_model.output
    # YOUR CODE STARTS HERE: global average pooling, a dropout of one half, a dense layer of 10 units with softmax
    X = tf.keras.layers.GlobalAveragePooling2D()(X)
    X = tf.keras.layers.Dropout(0.5)(X)
    X = tf.keras.layers.Dense(10, activation="softmax")(X)
    # YOUR CODE ENDS HERE

    # YOUR CODE STARTS HERE: make a Model from the input of the stock network to X
    model = tf.keras.Model(inputs=base_model.input, outputs=X)
    # YOUR CODE ENDS HERE
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
