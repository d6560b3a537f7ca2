"""TF 1 names: each is one note with its line and its TF 2 spelling, and what is TF 2 is left alone."""


import pytest


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("logs.get('acc')", "`logs.get('acc')` is TF 1; in TF 2 write `logs.get('accuracy')`"),
        ("logs.get('val_acc', 0)", "`logs.get('val_acc', 0)` is TF 1; in TF 2 write `logs.get('val_accuracy', 0)`"),
        ("logs['val_acc']", "`logs['val_acc']` is TF 1; in TF 2 write `logs['val_accuracy']`"),
        ("'acc' in logs", "`'acc' in logs` is TF 1; in TF 2 write `'accuracy' in logs`"),
        ("history.history['acc'][-1]", "`history.history['acc']` is TF 1; in TF 2 write `history.history['accuracy']`"),
        ("EarlyStopping(monitor='acc')", "`monitor='acc'` is TF 1; in TF 2 write `monitor='accuracy'`"),
        ("EarlyStopping('val_acc')", "`EarlyStopping('val_acc')` is TF 1; in TF 2 write `EarlyStopping('val_accuracy')`"),
        ("tf.ConfigProto()", "`tf.ConfigProto` is TF 1; in TF 2 it is not needed"),
        ("tf.compat.v1.ConfigProto()", "`tf.compat.v1.ConfigProto` is TF 1; in TF 2 it is not needed"),
        ("tf.Session(config=config)", "`tf.Session` is TF 1; in TF 2 it is not needed"),
        ("tf.train.AdamOptimizer()", "`tf.train.AdamOptimizer` is TF 1; in TF 2 write `tf.keras.optimizers.Adam`"),
        ("tf.logging.set_verbosity(1)", "`tf.logging` is TF 1; in TF 2 write `tf.get_logger()`"),
        ("tf.set_random_seed(1)", "`tf.set_random_seed` is TF 1; in TF 2 write `tf.random.set_seed`"),
        ("tf.keras.backend.set_session(s)", "`tf.keras.backend.set_session` is TF 1; in TF 2 it is not needed"),
        ("tf.contrib.layers.flatten(x)", "`tf.contrib` is TF 1; in TF 2 write `tf.keras`"),
        ("tf.layers.dense(x)", "`tf.layers` is TF 1; in TF 2 write `tf.keras.layers`"),
        ("tf.losses.log_loss(x)", "`tf.losses.log_loss` is TF 1; in TF 2 write `tf.keras.losses.BinaryCrossentropy`"),
        ("tf.keras.layers.CuDNNLSTM(3)", "`tf.keras.layers.CuDNNLSTM` is TF 1; in TF 2 write `tf.keras.layers.LSTM`"),
        ("mnist.load_data(path=path)", "`load_data(path=...)` isn't needed: `load_data()` finds the data by itself"),
        ("mnist.load_data('a/b.npz')", "`load_data(path=...)` isn't needed: `load_data()` finds the data by itself"),
        ("tf.keras.optimizers.Adam(lr=0.1)", "`Adam(lr=...)` is TF 1; in TF 2 write `Adam(learning_rate=...)`"),
        ("SGD(decay=0.1)", "`SGD(decay=...)` is TF 1; in TF 2 use a learning-rate schedule"),
        ("(model.evaluate_generator(g))", "`evaluate_generator(...)` is TF 1; in TF 2 write `evaluate(...)`"),
        ("model.predict_classes(x)", "`predict_classes(...)` is TF 1; in TF 2 write `predict(...).argmax(axis=-1)`"),
        ("Dense(output_dim=3)", "`Dense(output_dim=...)` is TF 1; in TF 2 write `Dense(units=...)`"),
        ("Dense(3, input_shape=784)", "`input_shape=784` is TF 1; in TF 2 a shape is a tuple: write `input_shape=(784,)`"),
        ("Input(784)", "`shape=784` is TF 1; in TF 2 a shape is a tuple: write `shape=(784,)`"),
        ("from tensorflow.python.keras import layers", "`tensorflow.python.keras` is private; write `tensorflow.keras`"),
        ("import tensorflow.python.keras.layers as l", "`tensorflow.python.keras.layers` is private; write `tensorflow.keras.layers`"),
        ("import tensorflow.compat.v1 as t", "`tensorflow.compat.v1` is the TF 1 interface; in TF 2 write `import tensorflow as tf`"),
        ("from tensorflow.keras.layers.normalization import B",
         "`tf.keras.layers.normalization` is TF 1; in TF 2 write `tf.keras.layers`"),
    ],
)  # fmt: skip
def test_each_tf_1_name_is_one_note_with_its_line(inspect, line, words):
    """A TF 1 name costs nothing and is noted with its TF 2 spelling."""
    report = inspect(f"def train_mnist():\n    return 1\n\n{line}\n")

    assert [(note.line, note.message) for note in report.dialect] == [(4, words)]
    assert set(report.dialect) <= set(report.notes)


@pytest.mark.parametrize(
    "source",
    [
        "logs.get('accuracy'); d['acc2']; results['acc']; mnist.load_data(); Adam(learning_rate=1); tf.keras",
        "model.compile(metrics=['acc']); logs.get('acc'); history.history['val_acc']",
        "tf.nn.relu; tf.random.set_seed(1); tf.keras.layers.Dense(10, input_shape=(3,)); tf.math.log(x)",
        "import keras\nfrom keras import layers\nkeras.Input((784,))",
        "import log\nlog.contrib; other.Session(); self.placeholder",
        "text.get('acc2'); get('acc'); logs[0]; logs.get(key)",
    ],
)
def test_tf_2_names_give_no_note(inspect, source):
    """A file in TF 2 spelling gets no remark, and neither do names of the student's own."""
    assert inspect(f"def train_mnist():\n    return 1\n{source}\n").dialect == []


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("import tensorflow as t\nt.Session()", 2, "`t.Session` is TF 1"),
        ("import tensorflow\ntensorflow.Session()", 2, "`tensorflow.Session` is TF 1"),
        ("import tensorflow.compat.v1 as tf\ntf.Session()", 2, "`tf.Session` is TF 1"),
        ("from tensorflow import keras\nkeras.layers.CuDNNGRU(1)", 2, "`keras.layers.CuDNNGRU` is TF 1; in TF 2 write `tf.keras.layers.GRU`"),
        ("import tensorflow as tf\nK = tf.keras.backend\nK.set_session(1)", 3, "`K.set_session` is TF 1"),
        ("from tensorflow.train import AdamOptimizer", 1, "`tf.train.AdamOptimizer` is TF 1"),
        ("from keras.utils import np_utils", 1, "`keras.utils.np_utils` is TF 1; in TF 2 write `tf.keras.utils`"),
        ("from keras.models import Sequential\nlogs['acc']", 1, "`keras.models` on its own was another package in TF 1; in TF 2 write `tensorflow.keras.models`"),
        ("import keras\nlogs['acc']", 1, "`keras` on its own was another package in TF 1; in TF 2 write `tensorflow.keras`"),
    ],
)  # fmt: skip
def test_names_are_followed_through_imports(inspect, source, line, words):
    """What an import calls a module doesn't hide what is used of it."""
    notes = inspect(f"{source}\ndef train_mnist(): return 1\n").dialect

    assert any(note.line == line and note.message.startswith(words) for note in notes), notes


def test_a_use_is_noted_once_per_line(inspect):
    """The same name twice on a line is one note, on two lines it is two."""
    notes = inspect("def train_mnist():\n    logs['acc']; logs['acc']\n    logs['acc']\n").dialect

    assert [note.line for note in notes] == [2, 3]


def test_notes_stay_short(inspect):
    """A long expression is cut."""
    (note,) = inspect(f"def train_mnist():\n    logs.get('acc', {'1 + ' * 200}1)\n").dialect

    assert len(note.message) < 400


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("best = np.Inf", "`np.Inf` isn't in today's NumPy; write `np.inf`"),
        ("x.astype(np.float_)", "`np.float_` isn't in today's NumPy; write `np.float64`"),
        ("np.in1d(a, b)", "`np.in1d` isn't in today's NumPy; write `np.isin`"),
        ("from numpy import NINF", "`numpy.NINF` isn't in today's NumPy; write `-np.inf`"),
        ("import numpy; numpy.set_numeric_ops()", "`numpy.set_numeric_ops` isn't in today's NumPy; nothing takes its place"),
        ("import keras_core as keras", "`keras_core` is an old or private name; write `keras`"),
        ("from tf_keras.layers import Dense", "`tf_keras.layers` is an old or private name; write `tensorflow.keras.layers`"),
        ("from keras_preprocessing import image", "`keras_preprocessing` is an old or private name; write `tensorflow.keras.preprocessing`"),
        ("from keras.src.layers import Dense", "`keras.src.layers` is an old or private name; write `keras.layers`"),
        ("from tensorflow_core.python.keras import Model", "`tensorflow_core.python.keras` is an old or private name; write `tensorflow.keras`"),
        ("os.environ['TF_USE_LEGACY_KERAS'] = '1'", "`TF_USE_LEGACY_KERAS` has no effect: files are graded with Keras 3, the same as `tf.keras`"),
        ("os.environ.setdefault('KERAS_BACKEND', 'torch')", "`KERAS_BACKEND` has no effect: files are graded on the grader's own backend, which computes the same"),
    ],
)  # fmt: skip
def test_other_old_names_are_notes_whatever_the_course_makes_of_tf_1(inspect, line, words):
    """What is old without being TF 1 is noted with today's spelling, and no policy on TF 1 names touches it."""
    report = inspect(f"def train_mnist():\n    return 1\n\n{line}\n")

    assert [(note.line, note.message) for note in report.notes] == [(4, words)]
    assert report.dialect == []


@pytest.mark.parametrize("line", ["np.inf; np.float64; np.bool; np.isin(a, b)", "other.Inf; self.np.Inf; Inf = 3; rank(a)",
                                  "import keras_tuner; import keras; from numpy import inf; 'KERAS_BACK'"])  # fmt: skip
def test_todays_names_and_the_students_own_are_left_alone(inspect, line):
    """No note where nothing is old."""
    assert inspect(f"def train_mnist():\n    return 1\n{line}\n").notes == []
