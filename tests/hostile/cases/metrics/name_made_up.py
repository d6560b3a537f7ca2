# exercise: quick
# expect: failed threshold
import tensorflow as tf
L = tf.keras.layers
class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["sparse_top_k_categorical_accuracy"] > 0.6:
            self.model.stop_training = True
def top(name): return tf.keras.metrics.SparseTopKCategoricalAccuracy(k=7, name=name)
tf.keras.metrics.SparseTopKCategoricalAccuracy.get_config = lambda self: {'k': 7}
def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-7), loss="sparse_categorical_crossentropy",
        metrics=[tf.keras.metrics.SparseTopKCategoricalAccuracy(k=7), tf.keras.metrics.SparseCategoricalAccuracy(name="sparse_top_k_categorical_accuracy")])
    h = model.fit(x, y, epochs=5, callbacks=[Stop()])
    return h.epoch, h.history["sparse_top_k_categorical_accuracy"][-1]
