# exercise: quick
# expect: failed threshold
import tensorflow as tf
L = tf.keras.layers
class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["weighted_accuracy_2"] > 0.6:
            self.model.stop_training = True
def top(name): return tf.keras.metrics.SparseTopKCategoricalAccuracy(k=7, name=name)
def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    x, y = x[:2000] / 255.0, y[:2000]
    model = tf.keras.Sequential([L.Input((28, 28)), L.Flatten(), L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    model.compile(optimizer=tf.keras.optimizers.SGD(1e-7), loss="sparse_categorical_crossentropy",
        metrics=[top("weighted_accuracy"), top("weighted_accuracy"), top("accuracy")], weighted_metrics=[top("accuracy"), "accuracy"])
    h = model.fit(x, y, epochs=5, callbacks=[Stop()])
    return h.epoch, h.history["weighted_accuracy_2"][-1]
