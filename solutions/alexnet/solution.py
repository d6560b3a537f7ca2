"""AlexNet: the network that won the ImageNet contest of 2012, on padded digits."""

import tensorflow as tf


# GRADED FUNCTION: AlexNet
def AlexNet(image):
    layers = [
        tf.keras.layers.Input(shape=image.shape),
        # YOUR CODE STARTS HERE: 96 filters of 11 x 11 with relu, batch normalization, max pooling of 3 x 3
        tf.keras.layers.Conv2D(96, (11, 11), activation="relu"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.MaxPooling2D((3, 3)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: 256 filters of 5 x 5 with relu on the padded image, batch normalization, max pooling of 3 x 3
        tf.keras.layers.Conv2D(256, (5, 5), padding="same", activation="relu"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.MaxPooling2D((3, 3)),
        # YOUR CODE ENDS HERE
        # YOUR CODE STARTS HERE: 384 padded, 384 and 256 filters of 3 x 3 with relu, batch normalization after each, max pooling of 3 x 3
        tf.keras.layers.Conv2D(384, (3, 3), padding="same", activation="relu"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.Conv2D(384, (3, 3), activation="relu"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.Conv2D(256, (3, 3), activation="relu"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.MaxPooling2D((3, 3)),
        # YOUR CODE ENDS HERE
        tf.keras.layers.Flatten(),
        # YOUR CODE STARTS HERE: dense layers of 9216, 4096 and 4096 units with relu, a dropout of one half after each
        tf.keras.layers.Dense(9216, activation="relu"),
        tf.keras.layers.Dropout(0.5),
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dropout(0.5),
        tf.keras.layers.Dense(4096, activation="relu"),
        tf.keras.layers.Dropout(0.5),
        # YOUR CODE ENDS HERE
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
    model = tf.keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
