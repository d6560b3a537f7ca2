"""A student's file that trains in many ways; run plain and graded, every history must be the same."""

import keras
import numpy as np
import tensorflow as tf

SEED = 7
L = keras.layers


def data(count=2000, channels=False):
    (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
    x, x_test = x[:count] / 255.0, x_test[:500] / 255.0
    if channels:
        x, x_test = x.reshape(-1, 28, 28, 1), x_test.reshape(-1, 28, 28, 1)
    return x, y[:count], x_test, y_test[:500]


def dense(extra=None, optimizer="adam", metrics=("accuracy",)):
    keras.utils.set_random_seed(SEED)
    hidden = [L.Flatten(), L.Dense(32, activation="relu"), *([extra()] if extra else [])]
    model = keras.Sequential([*hidden, L.Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=list(metrics))
    return model


def plain_dense():
    x, y, *_ = data()
    return dense().fit(x, y, epochs=2)


def dropout():
    x, y, *_ = data()
    return dense(lambda: L.Dropout(0.3)).fit(x, y, epochs=2, batch_size=50)


def batch_normalisation():
    x, y, *_ = data()
    return dense(L.BatchNormalization).fit(x, y, epochs=2)


def convolution():
    x, y, *_ = data(1000, channels=True)
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([
        L.Input((28, 28, 1)), L.Conv2D(4, 3, activation=tf.nn.relu), L.MaxPooling2D(2, 2), L.Flatten(),
        L.Dense(10, activation=tf.nn.softmax),
    ])
    model.compile(tf.keras.optimizers.Adam(0.002), tf.keras.losses.SparseCategoricalCrossentropy(), metrics=["acc"])
    return model.fit(x, y, epochs=2)


def validation_split():
    x, y, *_ = data()
    return dense().fit(x, y, epochs=2, validation_split=0.2)


def validation_data():
    x, y, x_test, y_test = data()
    return dense().fit(x, y, epochs=2, validation_data=(x_test, y_test), validation_batch_size=100, validation_freq=2)


def weighted():
    x, y, *_ = data()
    weights = np.linspace(0.5, 2.0, len(x))
    return dense().fit(x, y, epochs=2, sample_weight=weights)


def class_weighted():
    x, y, *_ = data()
    return dense().fit(x, y, epochs=2, class_weight={i: 1.0 + i / 10 for i in range(10)})


def unshuffled():
    x, y, *_ = data()
    return dense().fit(x, y, epochs=2, shuffle=False, batch_size=128)


def one_hot():
    x, y, *_ = data()
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy", "mse"])
    return model.fit(x, keras.utils.to_categorical(y), epochs=2)


def fit_twice():
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=1)
    model.evaluate(x, y)
    return model.fit(x, y, epochs=3, initial_epoch=1)


def compiled_anew():
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=1)
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, epochs=1)


def normalised():
    x, y, *_ = data()
    keras.utils.set_random_seed(SEED)
    scale = L.Normalization(axis=None)
    scale.adapt(x)
    model = keras.Sequential([L.Input((28, 28)), scale, L.Flatten(), L.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, epochs=2)


def early_stopping():
    x, y, x_test, y_test = data()
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=0.2, restore_best_weights=True)
    model = dense()
    history = model.fit(x, y, epochs=8, validation_data=(x_test, y_test), callbacks=[stop])
    again = model.fit(x, y, epochs=1)
    history.history["again"] = again.history["loss"]
    history.history["evaluated"] = model.evaluate(x_test, y_test)
    return history


def plateau():
    x, y, *_ = data()
    rate = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=0, min_delta=1.0)
    return dense().fit(x, y, epochs=4, callbacks=[rate])


def schedule():
    x, y, *_ = data()
    rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    return dense(optimizer=keras.optimizers.SGD(0.1)).fit(x, y, epochs=3, callbacks=[rate])


def own_rate():
    x, y, *_ = data()

    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.01 / (epoch + 1)

    return dense().fit(x, y, epochs=3, callbacks=[Halve()])


def checkpoint():
    x, y, x_test, y_test = data()
    model = dense()
    history = model.fit(x, y, epochs=2, callbacks=[keras.callbacks.ModelCheckpoint("best.weights.h5", save_weights_only=True)])
    model.load_weights("best.weights.h5")
    history.history["evaluated"] = model.evaluate(x_test, y_test)
    return history


def weights_in_callback():
    x, y, *_ = data(500)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(float(np.abs(self.model.get_weights()[0]).sum()))

    history = dense().fit(x, y, epochs=3, callbacks=[Watch()])
    history.history["seen"] = seen
    return history


def batch_hooks():
    x, y, *_ = data(320)
    losses = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append((batch, logs["loss"])))
    history = dense().fit(x, y, epochs=2, callbacks=[watch])
    history.history["losses"] = losses
    return history


def stop_within_an_epoch():
    x, y, *_ = data(640)

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 12:
                self.model.stop_training = True

    return dense().fit(x, y, epochs=3, callbacks=Stop())


def pipeline():
    x, y, x_test, y_test = data()
    train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(2000, seed=3).batch(64)
    held_out = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(64)
    return dense().fit(train, epochs=2, validation_data=held_out)


def slices():
    x, y, *_ = data()
    return tf.data.Dataset.from_tensor_slices((x, y))


def pipeline_with_its_length():
    train = slices().shuffle(2000, seed=3).batch(64)
    return dense().fit(train, epochs=3, steps_per_epoch=len(train))


def whole_batches_only():
    return dense().fit(slices().shuffle(2000, seed=3).batch(64, drop_remainder=True), epochs=3)


def repeated_with_floor_steps():
    return dense().fit(slices().shuffle(2000, seed=3).repeat().batch(64), epochs=3, steps_per_epoch=2000 // 64)


def batched_then_repeated():
    """The incomplete batch of one pass comes in the middle of the next epoch."""
    return dense().fit(slices().batch(64).repeat(), epochs=3, steps_per_epoch=2000 // 64)


def part_of_a_pass_per_epoch():
    return dense().fit(slices().batch(100), epochs=4, steps_per_epoch=10)


def taken():
    return dense().fit(slices().batch(100).take(7), epochs=2, steps_per_epoch=7)


def from_generator():
    x, y, *_ = data(320)

    def pairs():
        yield from zip(x, y, strict=True)

    signature = (tf.TensorSpec((28, 28), tf.float32), tf.TensorSpec((), tf.uint8))
    train = tf.data.Dataset.from_generator(pairs, output_signature=signature).repeat().batch(32)
    return dense().fit(train, epochs=3, steps_per_epoch=9)


def endless_generator():
    x, y, *_ = data()

    def batches():
        while True:
            for at in range(0, 2000, 64):
                yield x[at : at + 64], y[at : at + 64]

    return dense().fit(batches(), epochs=3, steps_per_epoch=2000 // 64)


def generator_that_ends():
    x, y, *_ = data(640)
    return dense().fit(((x[at : at + 64], y[at : at + 64]) for at in range(0, 640, 64)), epochs=1)


class Shuffled(keras.utils.PyDataset):
    """Whole batches only, in an order of its own that changes between epochs."""

    def __init__(self, x, y, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.places = x, y, np.arange(len(x))
        self.random = np.random.default_rng(5)

    def __len__(self):
        return len(self.x) // 64

    def __getitem__(self, index):
        part = self.places[index * 64 : index * 64 + 64]
        return self.x[part], self.y[part]

    def on_epoch_end(self):
        self.random.shuffle(self.places)


def sequence():
    x, y, *_ = data()
    return dense().fit(Shuffled(x, y), epochs=3)


def sequence_with_steps():
    x, y, *_ = data()
    train = Shuffled(x, y)
    return dense().fit(train, epochs=3, steps_per_epoch=len(train))


def generator(**settings):
    return keras.src.legacy.preprocessing.image.ImageDataGenerator(**settings)


def flow():
    x, y, *_ = data(channels=True)
    return dense().fit(generator().flow(x, y, batch_size=64, shuffle=False), epochs=3)


def flow_with_its_length():
    x, y, *_ = data(channels=True)
    made = generator().flow(x, y, batch_size=64, shuffle=False)
    return dense().fit(made, epochs=3, steps_per_epoch=len(made))


def flow_in_parts():
    x, y, *_ = data(channels=True)
    return dense().fit(generator().flow(x, y, batch_size=64, shuffle=False), epochs=3, steps_per_epoch=20)


def flow_fitted_and_shuffled():
    x, y, *_ = data(channels=True)
    made = generator(featurewise_center=True)
    made.fit(x)
    return dense().fit(made.flow(x, y, batch_size=64, seed=4), epochs=3)


def flow_shuffled_in_parts():
    x, y, *_ = data(channels=True)
    return dense().fit(generator().flow(x, y, batch_size=64, seed=1), epochs=3, steps_per_epoch=2000 // 64)


def arrays_with_floor_steps():
    x, y, *_ = data()
    return dense().fit(x, y, epochs=3, batch_size=64, steps_per_epoch=2000 // 64)


def functional():
    x, y, *_ = data()
    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((28, 28))
    flat = L.Flatten()(inputs)
    hidden = L.Dense(16, activation="relu")(flat)
    narrow = L.Dense(8)(hidden)
    outputs = L.Dense(10)(L.Concatenate()([hidden, narrow]))
    model = keras.Model(inputs, outputs)
    model.compile("rmsprop", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model.fit(x, y, epochs=2)


def freeze_one_then_another(anew):
    """As many layers are frozen before as after; they count only from when the model is compiled."""
    x, y, *_ = data()
    model = dense(lambda: L.Dense(24, activation="relu"))
    model.layers[1].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    first = model.fit(x, y, epochs=2)
    model.layers[1].trainable, model.layers[2].trainable = True, False
    if anew:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2)
    history.history["first"] = first.history["loss"]
    history.history["weights"] = [float(np.abs(weights).sum()) for weights in model.get_weights()]
    return history


def freeze_and_compile():
    return freeze_one_then_another(anew=True)


def freeze_without_compiling():
    return freeze_one_then_another(anew=False)


def frozen_from_the_first():
    x, y, *_ = data()
    model = dense()
    model.layers[1].trainable = False
    model.fit(x, y, epochs=1)
    model.layers[1].trainable = True
    return model.fit(x, y, epochs=2)


def compiled_alike():
    """The optimizer begins anew, and the dropout goes on."""
    x, y, *_ = data()
    model = dense(lambda: L.Dropout(0.3))
    model.fit(x, y, epochs=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, epochs=2)


def rate_between_fits():
    """The optimizer goes on with its state."""
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=1)
    model.optimizer.learning_rate = 0.0003
    return model.fit(x, y, epochs=2)


class Share(keras.metrics.Metric):
    """A metric of one's own, with state."""

    def __init__(self, name="share", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(keras.ops.mean(y_pred))

    def result(self):
        return self.total


def without(history, *keys):
    """A history without figures that only plain Keras has; `in` and `pop` read nothing."""
    for key in keys:
        dict.pop(history.history, key, None)
    return history


def saved_and_loaded():
    """The optimizer goes on with its state."""
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=2)
    model.save("half_way.keras")
    model = keras.models.load_model("half_way.keras")
    return model.fit(x, y, epochs=2)


def loaded_and_compiled():
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=1)
    keras.saving.save_model(model, "bare.keras")
    again = keras.saving.load_model("bare.keras", compile=False)
    again.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return again.fit(x, y, epochs=2)


def cloned():
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=1)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = copy.fit(x, y, epochs=2)
    history.history["first"] = model.fit(x, y, epochs=1).history["loss"]
    return history


def best_whole_model_loaded():
    """A checkpoint of the middle, with the optimizer as it was then."""
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=3, callbacks=[keras.callbacks.ModelCheckpoint("at_{epoch}.keras")])
    return keras.models.load_model("at_2.keras").fit(x, y, epochs=2)


def best_weights_loaded():
    """The weights of the middle, with the optimizer as it is."""
    x, y, *_ = data()
    model = dense()
    model.fit(x, y, epochs=3, callbacks=[keras.callbacks.ModelCheckpoint("at_{epoch}.weights.h5", save_weights_only=True)])
    model.load_weights("at_2.weights.h5")
    return model.fit(x, y, epochs=2)


def rate_finder():
    """Raises the rate step by step, puts the first weights back, and trains with another optimizer."""
    x, y, *_ = data()
    model = dense(optimizer=keras.optimizers.SGD(1e-4))
    model.build((None, 28, 28))
    first = model.get_weights()
    raise_rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 10)
    found = model.fit(x, y, epochs=2, callbacks=[raise_rate])
    model.set_weights(first)
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2)
    history.history["found"] = found.history["loss"]
    return history


def first_weights_put_back():
    """The optimizer goes on, and Dropout's random numbers do."""
    x, y, *_ = data()
    model = dense(lambda: L.Dropout(0.3))
    model.build((None, 28, 28))
    model.save_weights("first.weights.h5")
    model.fit(x, y, epochs=1)
    model.load_weights("first.weights.h5")
    return model.fit(x, y, epochs=2)


def layer_by_layer():
    x, y, *_ = data()
    model, other = dense(), dense()
    other.build((None, 28, 28))
    model.fit(x, y, epochs=2)
    for layer, trained in zip(other.layers, model.layers, strict=True):
        layer.set_weights(trained.get_weights())
    return other.fit(x, y, epochs=1)


def from_a_pipeline():
    x, y, *_ = data()
    model = dense()
    model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(64), epochs=2, callbacks=[keras.callbacks.ModelCheckpoint("at_{epoch}.keras")])
    return keras.models.load_model("at_1.keras").fit(x, y, epochs=1)


def metrics_of_ones_own():
    def sure(y_true, y_pred):
        return keras.ops.mean(keras.ops.max(y_pred, axis=-1))

    x, y, x_test, y_test = data()
    model = dense(metrics=[sure, "accuracy", Share(), "sparse_top_k_categorical_accuracy"])
    return without(model.fit(x, y, epochs=2, validation_data=(x_test, y_test)), "sure", "share", "val_sure", "val_share")


def averages(swap_on_epoch, stop_at=None):
    x, y, x_test, y_test = data()
    model = dense(optimizer=keras.optimizers.Adam(use_ema=True, ema_momentum=0.9))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)

    def stop(epoch, logs):
        model.stop_training = epoch == stop_at

    history = model.fit(
        x, y, epochs=3, validation_data=(x_test, y_test), callbacks=[swap, keras.callbacks.LambdaCallback(on_epoch_end=stop)]
    )
    afterwards = model.evaluate(x_test, y_test, verbose=0)  # Keras swaps by adding and subtracting, which rounds at a stop
    history.history["afterwards"] = afterwards if stop_at is None else [round(figure, 5) for figure in afterwards]
    return history


def averages_in_tests():
    return averages(swap_on_epoch=False)


def averages_per_epoch():
    return averages(swap_on_epoch=True)


def averages_until_stopped():
    return averages(swap_on_epoch=True, stop_at=1)


class Functional(keras.Model):
    """Only hands inputs and outputs on."""

    def __init__(self, units, **kwargs):
        inputs = keras.Input((28, 28))
        hidden = L.Dense(units, activation="relu")(L.Flatten()(inputs))
        super().__init__(inputs=inputs, outputs=L.Dense(10, activation="softmax")(hidden), **kwargs)


class Called(keras.Model):
    """Makes its layers in another order than it calls them; dropout by hand, only in training."""

    def __init__(self):
        super().__init__()
        self.out = L.Dense(10, activation="softmax")
        self.norm = L.BatchNormalization()
        self.drop = L.Dropout(0.4)
        self.hidden = L.Dense(24)
        self.flat = L.Flatten()

    def call(self, images, training=None):
        hidden = tf.nn.relu(self.norm(self.hidden(self.flat(images)), training=training))
        if training:
            hidden = self.drop(hidden, training=training)
        return self.out(hidden)


class NeverOn(Called):
    """Its dropout is never switched on, since call() takes no `training`."""

    def call(self, images):
        return self.out(self.drop(tf.nn.relu(self.hidden(tf.reshape(images, [tf.shape(images)[0], 784])))))


class Block(L.Layer):
    """Makes its layers when it sees the shape."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, shape):
        self.first = L.Conv2D(self.filters, 3, padding="same", name="conv")
        self.drop = L.SpatialDropout2D(0.2)
        self.second = L.Conv2D(shape[-1], 3, padding="same")

    def call(self, images):
        return keras.ops.relu(images + self.second(self.drop(tf.nn.relu(self.first(images)))))


class Residual(tf.keras.Model):
    def __init__(self):
        super().__init__(name="residual")
        self.stem = L.Conv2D(4, 5, strides=4)
        self.blocks = [Block(3), Block(5)]
        self.head = keras.Sequential([L.GlobalAveragePooling2D(), L.Dropout(0.1), L.Dense(10)])

    def call(self, images, training=False):
        features = self.stem(tf.expand_dims(images, -1))
        for block in self.blocks:
            features = block(features)
        return tf.nn.softmax(self.head(features, training=training), axis=-1)


def fit_own(model, count=1000):
    """Trains twice, with validation, stops early, and looks at the weights and the model afterwards.

    Both times the last batch is a smaller one: plain Keras would go on with the function that TensorFlow compiled for
    batches of any size, and round otherwise in the last digit than where a training begins with whole batches only.
    """
    x, y, x_test, y_test = data(count)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    sums = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: sums.append(sum(float(np.abs(each).sum()) for each in model.get_weights())))
    model.fit(x, y, epochs=1)
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=9.0, restore_best_weights=True)
    history = model.fit(x, y, epochs=3, batch_size=48, validation_data=(x_test, y_test), callbacks=[look, stop])
    history.history["sums"] = sums
    history.history["afterwards"] = model.evaluate(x_test, y_test, verbose=0)
    return history


def own_functional():
    keras.utils.set_random_seed(SEED)
    return fit_own(Functional(32, name="clothes"))


def own_call():
    keras.utils.set_random_seed(SEED)
    return fit_own(Called())


def own_call_without_training():
    keras.utils.set_random_seed(SEED)
    return fit_own(NeverOn())


def own_blocks():
    keras.utils.set_random_seed(SEED)
    return fit_own(Residual(), count=300)


def own_layer_in_a_functional_model():
    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((28, 28))
    features = L.Conv2D(4, 5, strides=4)(tf.expand_dims(inputs, -1) if graded_here() else keras.ops.expand_dims(inputs, -1))
    outputs = L.Dense(10, activation="softmax")(L.Flatten()(Block(4)(features)))
    return fit_own(keras.Model(inputs, outputs), count=300)


def lambda_layers():
    keras.utils.set_random_seed(SEED)
    inputs = keras.Input((28, 28))
    features = L.Lambda(lambda images, factor: images * factor - 0.5, arguments={"factor": 2.0})(inputs)
    features = L.Conv2D(4, 5, strides=4)(L.Lambda(lambda images: tf.expand_dims(images, -1))(features))
    outputs = L.Dense(10, activation="softmax")(L.Flatten()(L.Lambda(tf.nn.relu)(features)))
    return fit_own(keras.Model(inputs, outputs), count=300)


def own_loss():
    x, y, *_ = data()
    model = dense()
    model.compile("adam", lambda labels, shares: keras.losses.sparse_categorical_crossentropy(labels, shares), metrics=["accuracy"])
    return model.fit(x, y, epochs=3)


def graded_here():
    """Whether TensorFlow's functions take symbolic tensors, which plain Keras 3 refuses."""
    try:
        tf.expand_dims(keras.Input((2,)), -1)
    except ValueError:
        return False
    return True


def own_layer_in_a_sequence():
    keras.utils.set_random_seed(SEED)
    start = [L.Input((28, 28)), L.Reshape((28, 28, 1)), L.Conv2D(4, 5, strides=4)]
    return fit_own(keras.Sequential([*start, Block(4), L.Flatten(), L.Dense(10, activation="softmax")]), count=300)


CASES = [
    plain_dense, dropout, batch_normalisation, convolution, validation_split, validation_data, weighted,
    class_weighted, unshuffled, one_hot, fit_twice, compiled_anew, normalised, early_stopping, plateau, schedule,
    own_rate, checkpoint, weights_in_callback, batch_hooks, stop_within_an_epoch, pipeline, functional,
    freeze_and_compile, freeze_without_compiling, frozen_from_the_first, compiled_alike, rate_between_fits,
    metrics_of_ones_own, averages_in_tests, averages_per_epoch, averages_until_stopped, own_functional,
    own_call, own_blocks, own_layer_in_a_functional_model, own_layer_in_a_sequence, lambda_layers, own_loss,
    pipeline_with_its_length, whole_batches_only, repeated_with_floor_steps, batched_then_repeated,
    part_of_a_pass_per_epoch, taken, from_generator, endless_generator, generator_that_ends, sequence,
    sequence_with_steps, arrays_with_floor_steps, saved_and_loaded, loaded_and_compiled, cloned,
    best_whole_model_loaded, best_weights_loaded, rate_finder, first_weights_put_back, layer_by_layer,
    from_a_pipeline, flow, flow_with_its_length, flow_in_parts, flow_fitted_and_shuffled,
]
# The same network on the same images, from other random numbers: in plain Keras a layer that is never called has taken
# one, and a generator shuffles when its batches were fetched, which plain Keras does ahead of the training.
ALIKE = [own_call_without_training, flow_shuffled_in_parts]


def train_many():
    """Per case: the epochs and every figure of the history."""
    results = {}
    for case in CASES:
        history = case()
        results[case.__name__] = [list(history.epoch), {key: list(value) for key, value in history.history.items()}]
    return results
