# expect: failed prediction
"""The prices are written out, so the model learns other numbers."""

import numpy as np
import tensorflow as tf


# GRADED FUNCTION: house_model
def house_model(y_new):
    xs = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=float)
    ys = np.array([100.0, 150.0, 200.0, 250.0, 300.0, 350.0], dtype=float)
    model = tf.keras.Sequential(
        [
            tf.keras.Input(shape=(1,)),
            tf.keras.layers.Dense(units=1),
        ]
    )
    model.compile(optimizer="sgd", loss="mean_squared_error")
    model.fit(xs, ys, epochs=500, verbose=0)
    return model.predict(y_new)[0]


prediction = house_model([7.0])
print(prediction)
