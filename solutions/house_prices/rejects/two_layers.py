# expect: failed one-unit
"""A second layer has nothing to add to a line."""

import numpy as np
import tensorflow as tf


# GRADED FUNCTION: house_model
def house_model(y_new):
    xs = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=float)
    ys = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 3.5], dtype=float)
    model = tf.keras.Sequential(
        [
            tf.keras.Input(shape=(1,)),
            tf.keras.layers.Dense(units=1),
            tf.keras.layers.Dense(units=1),
        ]
    )
    model.compile(optimizer="sgd", loss="mean_squared_error")
    model.fit(xs, ys, epochs=500, verbose=0)
    return model.predict(y_new)[0]


prediction = house_model([7.0])
print(prediction)
