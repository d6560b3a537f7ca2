# exercise: observed
# expect: passed
"""An own loop with own layer, own loss and train_step; what comes back gives scores."""
import tensorflow as tf


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, x):
        return x * self.factor


class Digits(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.scale, self.out = tf.keras.layers.Flatten(), Scale(), tf.keras.layers.Dense(10)

    def call(self, x):
        return self.out(self.scale(self.flat(x)))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            scores = self(x)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y, tf.int32), scores))
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables, strict=False))
        right = tf.cast(tf.equal(tf.argmax(scores, 1), tf.cast(y, tf.int64)), tf.float32)
        return {"loss": loss, "accuracy": tf.reduce_mean(right)}


def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = Digits()
    model.compile(optimizer="adam")
    history = model.fit((x / 255.0).astype("float32"), y, epochs=1, batch_size=200, verbose=0)
    return lambda images: model.predict(images / 255.0, verbose=0), [float(history.history["accuracy"][-1])]
