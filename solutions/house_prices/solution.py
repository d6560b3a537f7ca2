"""Week 1: a single unit learns what houses cost."""

import numpy as np
import tensorflow as tf


# GRADED FUNCTION: house_model
def house_model(y_new):
    # YOUR CODE STARTS HERE: the rooms of six houses, 1.0 to 6.0, and their prices in hundreds of thousands
    xs = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=float)
    ys = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 3.5], dtype=float)
    # YOUR CODE ENDS HERE
    model = tf.keras.Sequential(
        [
            # YOUR CODE STARTS HERE: the shape of one number, then one Dense layer of one unit
            tf.keras.Input(shape=(1,)),
            tf.keras.layers.Dense(units=1),
            # YOUR CODE ENDS HERE
        ]
    )
    # YOUR CODE STARTS HERE: compile the model with sgd and mean_squared_error, and fit it for some hundred epochs
    model.compile(optimizer="sgd", loss="mean_squared_error")
    model.fit(xs, ys, epochs=500, verbose=0)
    # YOUR CODE ENDS HERE
    return model.predict(y_new)[0]


prediction = house_model([7.0])
print(prediction)
