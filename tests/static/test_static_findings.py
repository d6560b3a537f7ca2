"""What can be said of a file without running it."""

import pytest

from grader import static
from grader.submission import Submission


def inspect(source, function="train_mnist", stub=None):
    return static.inspect(Submission(path="a.py", name="a.py", sha256="", source=source), function, stub)


STUB = "def train_mnist():\n    # YOUR CODE STARTS HERE\n    ...\n    x = 1\n"


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("def train_mnist(:\n    return 1", "S101", ["syntax error: invalid syntax", "def train_mnist(:", "^"]),
        ("def train_mnist():\nreturn 1", "S101", ["expected an indented block", "Line up the statements"]),
        ("def train_mnist():\n    print 'x'\n", "S101", ["Python 2", "print(...)"]),
        ("def f():\n\tif 1:\n        x = 1\n", "S101", ["spaces only"]),
        ("x = 1\n", "S102", ["there is no function train_mnist()", "def train_mnist():"]),
        ("def train_mnits():\n    return 1\n", "S102", ["Did you mean train_mnits()?"]),
        ("def trаin_mnist():\n    return 1\n", "S102", ["CYRILLIC SMALL LETTER A"]),
        ("def train_mnist(x, y):\n    return x\n", "S104", ["asks for 2 arguments", "give each argument a default"]),
        ("def train_mnist(*, x):\n    return x\n", "S104", ["asks for 1 argument"]),
        ("class train_mnist:\n    pass\n", "S106", ["is a class, not a function"]),
        ("async def train_mnist():\n    return 1\n", "S105", ["is async"]),
        ("def train_mnist():\n    yield 1\n", "S105", ["yields instead of returning"]),
        ("def train_mnist():\n    pass\n", "S103", ["is still empty"]),
        ("def train_mnist():\n    '''Doc.'''\n    ...\n", "S103", ["is still empty"]),
        (STUB, "S103", ["is still as in the stub"]),
        ("x" + "+x" * 100_000, "S101", ["Python can't read this file"]),
    ],
)
def test_each_fault_is_found_with_its_remedy(source, code, words):
    """A fault is found before anything is run, and says what to do."""
    (finding,) = inspect(source, stub=STUB).findings
    told = f"{finding.message}\n{finding.hint}"

    assert (finding.code, [word for word in words if word not in told]) == (code, [])


@pytest.mark.parametrize(
    "source",
    [
        "train_mnist = lambda: 1\n",
        "from helper import *\n",
        "from helper import train_mnist\n",
        "exec('def train_mnist(): return 1')\n",
        "globals()['train_mnist'] = print\n",
        "if True:\n    def train_mnist():\n        return 1\n",
        "try:\n    from a import train_mnist\nexcept ImportError:\n    pass\n",
        "import functools\n@functools.cache\ndef train_mnist(x=1):\n    return x\n",
        "@wrap\ndef train_mnist(x):\n    return x\n",
        "def train_mnist(*args, **kwargs):\n    return args\n",
        "def train_mnist():\n    def inner():\n        yield 1\n    return inner\n",
        "def train_mnist(a, b=1):\n    return a\ndef train_mnist():\n    return 1\n",
    ],
)
def test_what_could_work_is_left_to_run_time(source):
    """A file that might define the function is never refused."""
    assert inspect(source).findings == []


def test_a_script_that_trains_needs_no_function():
    """A file whose top level trains is graded on that training, with a note."""
    report = inspect("model.fit(x, y)\n")

    assert (report.findings, report.plan.mode) == ([], "script")
    assert "there is no function train_mnist()" in report.notes[0].message


def test_training_through_a_function_of_another_name_is_a_script():
    """What the top level reaches counts as its training."""
    assert inspect("def run():\n    model.fit(x)\nrun()\n").plan.mode == "script"


def skipped(source):
    return inspect(source).plan.skipped


def test_a_call_of_the_graded_function_at_the_end_isnt_run_twice():
    """The notebook's last cell calls the function; the grader does that itself."""
    source = "def train_mnist():\n    return model.fit(x)\n_, _ = train_mnist()\nprint(train_mnist())\n"

    assert skipped(source) == [1, 2]


def test_top_level_training_beside_the_function_isnt_run():
    """A script with the function in it trains once."""
    assert skipped("m.fit(x)\nh = m.fit(x)\nif a:\n    m.fit(x)\ndef train_mnist():\n    return 1\n") == [0, 1, 2]


def test_what_the_function_needs_is_run_even_if_it_trains():
    """A model trained at the top level that the function uses has to be trained."""
    source = "m = build()\nh = m.fit(x)\ndef train_mnist():\n    return h.epoch\n"

    assert skipped(source) == []


def test_only_what_the_function_reaches_must_work():
    """Stray lines may fail: plots, shell output, checks of the environment."""
    source = (
        "import tensorflow as tf\nimport google.colab\npath = 'x'\nplot(path)\nLINE = 0.99\n"
        "class C:\n    line = LINE\ndef train_mnist():\n    return C, tf\n"
    )

    assert inspect(source).plan.tolerated == [1, 2, 3]


def test_changes_to_what_the_function_uses_are_needed():
    """`config.x = 1` and `items.append(2)` count as part of what they change."""
    source = "a = []\na.append(1)\nb = C()\nb.x = 2\nc = {}\nc['k'] = 3\ndef train_mnist():\n    return a, b, c\n"

    assert inspect(source).plan.tolerated == []


def test_names_that_are_never_defined_are_supplied_with_a_note():
    """A file that holds only the graded cell gets what the notebook had imported."""
    report = inspect("def train_mnist():\n    return tf.keras, np.zeros(1), print(path), [os for os in ()]\n")

    assert report.plan.supply == ["tf", "np", "path"]
    assert "your file uses `tf` and never defines it" in report.notes[0].message


@pytest.mark.parametrize(
    ("body", "single"),
    [
        ("return m.fit(x)", True),
        ("m.fit(x); return m.fit(x)", False),
        ("for i in range(3): m.fit(x)", False),
        ("return [m.fit(x) for i in range(3)]", False),
        ("return 1", False),
    ],
)
def test_a_single_fit_is_known(body, single):
    """Gates close early only where no other `fit` could mend what failed."""
    assert inspect(f"def train_mnist():\n    {body}\n").plan.single_fit is single


def test_the_last_of_several_definitions_is_noted():
    """Which definition counts is told."""
    report = inspect("def train_mnist():\n    return 1\ndef train_mnist():\n    return 2\n")

    assert [(note.line, note.message) for note in report.notes] == [
        (3, "train_mnist() is defined 2 times; this last one is graded")
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("logs.get('acc')", "logs.get('acc') is TF 1; in TF 2 write logs.get('accuracy')"),
        ("logs['val_acc']", "logs['val_acc'] is TF 1; in TF 2 write logs['val_accuracy']"),
        ("history.history['acc'][-1]", "history.history['acc'] is TF 1; in TF 2 write history.history['accuracy']"),
        ("EarlyStopping(monitor='acc')", "monitor='acc' is TF 1; in TF 2 write monitor='accuracy'"),
        ("tf.ConfigProto()", "tf.ConfigProto is TF 1; in TF 2 it is not needed"),
        ("tf.Session(config=config)", "tf.Session is TF 1; in TF 2 it is not needed"),
        ("tf.train.AdamOptimizer()", "tf.train.AdamOptimizer is TF 1; in TF 2 write tf.keras.optimizers.Adam"),
        ("mnist.load_data(path=path)", "load_data(path=...) isn't needed: load_data() finds the data by itself"),
        ("tf.keras.optimizers.Adam(lr=0.1)", "Adam(lr=...) is TF 1; in TF 2 write Adam(learning_rate=...)"),
        ("SGD(decay=0.1)", "SGD(decay=...) is TF 1; in TF 2 use a learning-rate schedule"),
        ("model.fit_generator(g)", "fit_generator() is TF 1; in TF 2 write fit()"),
        ("model.predict_classes(x)", "predict_classes() is TF 1; in TF 2 write predict(...).argmax(axis=-1)"),
        ("from tensorflow.python.keras import layers",
         "tensorflow.python.keras is private; write tensorflow.keras"),
    ],
)  # fmt: skip
def test_each_tf_1_name_is_one_note_with_its_line(line, words):
    """A TF 1 name costs nothing and is noted with its TF 2 spelling."""
    report = inspect(f"def train_mnist():\n    return 1\n\n{line}\n")

    assert [(note.line, note.message) for note in report.notes if note.line == 4] == [(4, words)]


def test_tf_2_names_give_no_note():
    """A file in TF 2 spelling gets no remark."""
    source = "def train_mnist():\n    logs.get('accuracy'); d['acc2']; mnist.load_data(); Adam(learning_rate=1); tf.keras\n"

    assert [note for note in inspect(source).notes if note.line] == []
