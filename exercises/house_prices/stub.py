"""Week 1: a single unit learns what houses cost."""

import numpy as np
import tensorflow as tf


# GRADED FUNCTION: house_model
def house_model(y_new):
    # YOUR CODE STARTS HERE
    # TODO: the rooms of six houses, 1.0 to 6.0, and their prices in hundreds of thousands
    ...
    # YOUR CODE ENDS HERE
    model = tf.keras.Sequential(
        [
            # YOUR CODE STARTS HERE
            # TODO: the shape of one number, then one Dense layer of one unit
            ...,
            # YOUR CODE ENDS HERE
        ]
    )
    # YOUR CODE STARTS HERE
    # TODO: compile the model with sgd and mean_squared_error, and fit it for some hundred epochs
    ...
    # YOUR CODE ENDS HERE
    return model.predict(y_new)[0]


prediction = house_model([7.0])
print(prediction)
