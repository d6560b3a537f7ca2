"""What of a file is executed, and what of it must work."""

import ast
from pathlib import Path

import pytest

import grader
from grader.static.plan import mentions_convolutions
from grader.static.supply import SUPPLIED_NAMES


@pytest.fixture
def plan(inspect):
    return lambda source, function="train_mnist": inspect(source, function).plan


def lines(plan, indices):
    """The first lines of some top-level statements, as the student process will count them."""
    return [ast.parse(plan.source).body[index].lineno for index in indices]


FUNCTION = "def train_mnist():\n    return m.fit(x)\n"


def test_a_script_that_trains_needs_no_function(inspect):
    """A file whose top level trains is graded on that training, with a note."""
    report = inspect("model.fit(x, y)\n")

    assert (report.findings, report.plan.mode) == ([], "script")
    assert "there is no function train_mnist(), so what the file trains is graded" in [n.message for n in report.notes]


def test_a_script_with_a_function_of_a_similar_name_is_told_so(inspect):
    """The nearest name is suggested in the note."""
    report = inspect("def train_mnist_cnn():\n    return m.fit(x)\n\ntrain_mnist_cnn()\n", "train_mnist_conv")

    assert report.plan.mode == "script"
    assert report.notes[0].message.endswith("; did you mean train_mnist_cnn() (line 1)?")


@pytest.mark.parametrize(
    "source",
    [
        "def run():\n    model.fit(x)\nrun()\n",
        "def fit_it():\n    model.fit(x)\ndef run():\n    fit_it()\nrun()\n",
        "class Run:\n    def go(self):\n        model.fit(x)\nRun().go()\n",
        "run = lambda: model.fit(x)\nrun()\n",
        "if True:\n    model.fit(x)\n",
        "from tensorflow.keras.layers import *\nmodel.fit(x)\n",
        "model.fit_generator(x)\n",
        "h = [model.fit(x) for x in y]\n",
        "if __name__ == '__main__':\n    model.fit(x)\n",
        "globals()\nmodel.fit(x)\n",
    ],
)
def test_training_by_whatever_way_makes_a_script(plan, source):
    """What the top level reaches counts as its training."""
    assert plan(source).mode == "script"


@pytest.mark.parametrize(
    ("source", "skipped"),
    [
        (FUNCTION + "_, _ = train_mnist()\nprint(train_mnist())\n", [3, 4]),
        (FUNCTION + "epochs, acc = train_mnist()\nprint(acc)\nplt.plot(acc)\n", [3, 4, 5]),
        (FUNCTION + "for i in range(3):\n    train_mnist()\n", [3]),
        (FUNCTION + "def main():\n    train_mnist()\nmain()\n", [5]),
        ("n.fit(x)\nh = n.fit(x)\nif a:\n    n.fit(x)\n" + FUNCTION, [1, 2, 3]),
        ("def build():\n    k.fit(x)\n    return k\nk2 = build()\nk2.evaluate(x)\nk2.summary()\n" + FUNCTION, [4, 5, 6]),
        (FUNCTION + "while True:\n    pass\n", [3]),
        (FUNCTION + "loss = net.evaluate(x)\n", [3]),
        (FUNCTION + "if __name__ == '__main__':\n    import os\n", [3]),
        (FUNCTION + "import sys\nsys.exit(0)\nexit()\n", [4, 5]),
        (FUNCTION + "raise SystemExit('Stop right there!')\nraise KeyboardInterrupt\n", [3, 4]),
        (FUNCTION + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", [4]),
        ("get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('ls')\n" + FUNCTION, [1, 2]),
        (FUNCTION + "result = train_mnist()\nresult = 1\nprint(result)\n", [3]),
        ("import a\nfrom b import c\nclass D:\n    pass\ne = 1\nprint(e)\n" + FUNCTION, []),
    ],
)
def test_what_would_train_again_or_do_harm_is_left_out(plan, source, skipped):
    """A second training, what rests on it, long strays and the end of the process are not run."""
    made = plan(source)

    assert lines(made, made.skipped) == skipped


@pytest.mark.parametrize(
    "source",
    [
        "m = build()\nh = m.fit(x)\ndef train_mnist():\n    return h.epoch\n",
        "s = Scaler()\ns.fit(x)\ndef train_mnist():\n    return m.fit(s.transform(x))\n",
        "def train_mnist():\n    return result\nresult = train_mnist()\n",
        "for i in [1]:\n    layers.append(i)\ndef train_mnist():\n    return layers\n",
    ],
)
def test_what_the_function_needs_is_run_even_if_it_trains(plan, source):
    """A model trained at the top level that the function uses has to be trained."""
    assert plan(source).skipped == []


def test_training_outside_the_function_is_noted(inspect):
    """The student is told which line was not run."""
    report = inspect("n.fit(x)\n" + FUNCTION)

    assert (1, "this training is outside train_mnist() and was not run") in [(n.line, n.message) for n in report.notes]


def test_a_needed_block_is_run_without_its_training(plan):
    """Within a statement that is kept, the training alone is blanked."""
    made = plan("try:\n    import tf as m\n    n.fit(1,\n      2)\nexcept E:\n    m = 1\n" + FUNCTION)

    assert made.source.startswith("try:\n    import tf as m\n    pass\n\nexcept E:\n    m = 1\n")
    assert made.skipped == []


def test_a_main_guard_that_brings_what_is_needed_is_opened(plan):
    """Names that come about under `__name__ == "__main__"` are there when the function is called."""
    made = plan('if __name__ == "__main__":\n    m = make()\n    train_mnist()\n' + FUNCTION)

    assert made.source.startswith("if True:\n    m = make()\n    pass\n")


def test_a_scripts_main_guard_is_opened(plan):
    """A script that trains under `__name__ == "__main__"` trains."""
    made = plan("if '__main__' == __name__:\n    m.fit(x)\n    exit()\n")

    assert made.source == "if True:\n    m.fit(x)\n    pass\n"


@pytest.mark.parametrize("end", ["sys.exit(main())", "raise SystemExit(main())"])
def test_a_script_that_ends_with_its_training_trains(plan, end):
    """What ends the process is left out, but not with the only call of what trains."""
    source = "def main():\n    m.fit(x)\n"

    assert plan(f"{source}if __name__ == '__main__':\n    {end}\n").source == f"{source}if True:\n    {end}\n"
    assert plan(f"{source}{end}\n").skipped == []


def test_a_main_guard_with_an_else_stays(plan):
    """Its else is what a module that is loaded runs."""
    source = FUNCTION + "if __name__ == '__main__':\n    pass\nelse:\n    m = 1\n"

    assert plan(source).source == source


@pytest.mark.parametrize(
    ("source", "tolerated"),
    [
        ("import tf\nimport colab\npath = 'x'\nplot(path)\nLINE = 0.9\nclass C:\n    line = LINE\ndef train_mnist(): C, tf\n", [2, 3, 4]),
        ("config = tf.ConfigProto()\nconfig.gpu = 1\nsess = tf.Session(config=config)\n" + FUNCTION, [1, 2, 3]),
        ("def train_mnist():\n    model = 1\n    return model\nmodel = broken()\nmodel.add(1)\n", [4, 5]),
        ("import tf\ntf.enable_eager_execution()\ndef train_mnist():\n    return tf\n", [2]),
        ("m = make()\nm.summary()\nx = 1\n" + FUNCTION, [2]),
        ("m = make()\nfrom k import plot_model\nplot_model(m)\nx = 1\n" + FUNCTION, [2, 3]),
        ("m = make()\ny = m.predict(1)\nx = 1\n" + FUNCTION, []),
        ("from a import *\nm = x = 1\n" + FUNCTION, [1]),
        ("from a import *\nm = x = 1\nshow(m)\nplot(2)\n" + FUNCTION, [1, 3, 4]),
        ("from os import *\nm = x = 1\n" + FUNCTION, [1]),
        ("from os import *\nm = 1\n" + FUNCTION, []),
    ],
)  # fmt: skip
def test_only_what_the_function_reaches_must_work(plan, source, tolerated):
    """Stray lines may fail: plots, sessions, checks of the environment."""
    made = plan(source)

    assert lines(made, made.tolerated) == tolerated


def test_changes_to_what_the_function_uses_are_needed(plan):
    """`config.x = 1`, `items.append(2)` and `prepare(model)` count as part of what they change."""
    source = (
        "a = []\na.append(1)\nb = C()\nb.x = 2\nc = {}\nc['k'] = 3\nd = 1\nd += 1\n"
        "def prepare(m): m.compile()\ne = M()\nprepare(e)\ndel c['k']\n"
        "def train_mnist():\n    return a, b, c, d, e\n"
    )

    assert plan(source).tolerated == []


def test_with_exec_everything_is_run(plan):
    """Where names may come from anywhere, no line is left out as a stray, but only those that bring names must work."""
    made = plan("exec(code)\nplot(1)\nwhile a:\n    b()\n" + FUNCTION + "train_mnist()\n")

    assert (lines(made, made.tolerated), lines(made, made.skipped)) == ([2, 3], [7])


def test_a_scripts_strays_may_fail(plan):
    """Plots before a script's training and everything after it are tolerated."""
    made = plan("import tf\nplt.show()\nx = 1\nm = make()\nm.compile()\nh = m.fit(x)\nprint(h.history)\nm = 2\n")

    assert (made.mode, lines(made, made.tolerated), made.skipped) == ("script", [1, 2, 7, 8], [])


def test_names_that_are_never_defined_are_supplied_with_a_note(inspect):
    """A file that holds only the graded cell gets what the notebook had imported."""
    report = inspect("def train_mnist():\n    return tf.keras, np.zeros(1), print(path), [os for os in ()]\n")

    assert report.plan.supply == ["tf", "np", "path"]
    assert report.notes[0].line == 2
    assert report.notes[0].message == (
        "`tf` is used but not defined before; the grader supplied `import tensorflow as tf`"
    )


@pytest.mark.parametrize(
    ("source", "supply"),
    [
        ("class C(tf.A):\n    pass\nimport tensorflow as tf\ndef train_mnist():\n    return C\n", ["tf"]),
        ("import tensorflow as tf\ndef train_mnist():\n    return tf\n", []),
        ("def train_mnist():\n    import tensorflow as tf\n    return tf\n", []),
        ("def train_mnist():\n    return tf\nif __name__ == '__main__':\n    x = 1\n", ["tf"]),
        ("def train_mnist():\n    return path.join(path, 'a')\n", []),
        ("def train_mnist(tf=1):\n    return tf, zip, __name__\n", []),
        ("def f():\n    global tf\n    tf = 1\nf()\ndef train_mnist():\n    return tf\n", []),
        ("x.fit(tf)\n", ["tf"]),
    ],
)
def test_only_what_nothing_defines_in_time_is_supplied(plan, source, supply):
    """A name is supplied where no statement has bound it by then."""
    assert plan(source).supply == supply


def test_a_star_import_may_have_brought_a_name(inspect):
    """Where a name may have come from a library it is supplied without a word."""
    report = inspect("from keras import *\ndef train_mnist():\n    return layers\n")

    assert (report.plan.supply, [note.message for note in report.notes if "supplied" in note.message]) == (["layers"], [])


def test_every_name_that_is_promised_can_be_supplied():
    """The student process knows each name that a plan may ask for."""
    tree = ast.parse((Path(grader.__file__).parent / "student" / "loader.py").read_text())
    tables = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    modules, keras = ast.literal_eval(tables["SUPPLIED_MODULES"]), ast.literal_eval(tables["SUPPLIED_KERAS_NAMES"])

    assert set(SUPPLIED_NAMES) == {"path", *modules, *(name for names in keras.values() for name in names)}


@pytest.mark.parametrize(
    ("body", "single"),
    [
        ("return m.fit(x)", True),
        ("try:\n        return m.fit(x)\n    finally:\n        pass", True),
        ("m.fit(x); return m.fit(x)", False),
        ("for i in range(3): m.fit(x)", False),
        ("while bad: m.fit(x)", False),
        ("return [m.fit(x) for i in range(3)]", False),
        ("f = lambda: m.fit(x)\n    f(); return f()", False),
        ("go = m.fit\n    go(x)", True),
        ("m.fit(x); return getattr(m, 'fit')(x)", False),
        ("return helper()", True),
        ("helper(); return helper()", False),
        ("for i in a: helper()", False),
        ("return 1", False),
        ("return train_mnist() or m.fit(x)", False),
    ],
)
def test_a_single_fit_is_known(plan, body, single):
    """Gates close early only where no other `fit` could mend what failed."""
    helper = "def helper():\n    return m.fit(x)\n" if "helper" in body else ""

    assert plan(f"{helper}def train_mnist():\n    {body}\n").single_fit is single


def test_fits_elsewhere_dont_count(plan):
    """Trainings that the graded function doesn't reach are not among its `fit` calls."""
    made = plan("def other():\n    n.fit(x)\nn.fit(x)\n" + FUNCTION)

    assert made.single_fit


def test_a_script_with_one_fit_is_single(plan):
    """A script's gates close early as well."""
    assert plan("m.fit(x)\n").single_fit
    assert not plan("m.fit(x)\nm.fit(x)\n").single_fit
    assert not plan("for i in a:\n    m.fit(x)\n").single_fit


def test_the_last_of_several_definitions_is_noted(inspect):
    """Which definition counts is told."""
    report = inspect("def train_mnist():\n    return 1\ndef train_mnist():\n    return 2\n")

    assert [(note.line, note.message) for note in report.notes] == [
        (3, "train_mnist() is defined 2 times; this last one is graded")
    ]


def test_remarks_of_reading_become_notes():
    """What was unusual about the file is told with the rest."""
    from grader import static
    from grader.submission import Submission

    file = Submission(path="a", name="a", sha256="", source=FUNCTION, remarks=["the file is a notebook"])

    assert static.inspect_submission(file, "train_mnist").notes[0].message == "the file is a notebook"


def test_a_plans_source_keeps_its_lines(plan):
    """However much is blanked, what is left stands where it stood."""
    source = "if a:\n    m = (\n1); n.fit(\n  x); é = 1 # c\n    n.fit(x)\n" + FUNCTION

    assert plan(source).source == "if a:\n    m = (\n1); pass; é = 1 # c\n\n    pass\n" + FUNCTION


def test_what_a_cell_writes_is_kept_and_other_magics_are_left_out(inspect):
    """The shell's calls that later cells may need are run, at the top and in blocks."""
    shell = "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().run_cell_magic('writefile', 'a.py', 'x = 1')\n"
    report = inspect(f"{shell}if True:\n    get_ipython().run_line_magic('cd', 'a')\nfrom a import x\ndef train_mnist():\n    return x\n")

    assert report.findings == []
    assert report.plan.skipped == [0]
    assert "run_line_magic('cd', 'a')" in report.plan.source


@pytest.mark.parametrize(
    "line",
    [
        "if not gpus: raise SystemError('GPU device not found')",
        "assert tf.config.list_physical_devices('GPU'), 'run this on Colab'",
        "assert len(gpus) > 0, 'no gpu found'",
        "if not gpus: raise RuntimeError('please choose a TPU or' + ' a GPU: ' + str(gpus))",
    ],
)
def test_a_complaint_about_a_missing_gpu_is_left_out(inspect, line):
    """In the graded function and in others, and noted with its line."""
    report = inspect(f"def check(gpus):\n    {line}\ndef train_mnist():\n    check([])\n    {line}\n    return m.fit(x)\n")

    assert "raise" not in report.plan.source
    assert "assert" not in report.plan.source
    assert [note.line for note in report.notes if "without a GPU" in note.message] == [2, 5]


@pytest.mark.parametrize("line", ["raise ValueError('gpus')", "raise", "assert x > 1", "raise error from None", "assert GPU", "print('GPU')"])
def test_other_errors_stay(inspect, line):
    """What else a file raises or asserts is its own."""
    report = inspect(f"def train_mnist():\n    {line}\n    return m.fit(x)\n")

    assert line in report.plan.source


@pytest.mark.parametrize(
    ("after", "skipped"),
    [("h = train_mnist()\n", [1]), ("h = 0\nh = train_mnist()\n", [2]), ("h = other()\n", [])],
    ids=["again", "bound twice", "another function"],
)
def test_the_graded_function_isnt_called_twice(plan, after, skipped):
    """A call at the top is left out; one of another function isn't."""
    assert plan(FUNCTION + after).skipped == skipped


@pytest.mark.parametrize(
    ("condition", "guards"),
    [('__name__ == "__main__"', True), ('"__main__" == __name__', True), ('__name__ == "other"', False), ('mode == "__main__"', False)],
)
def test_only_a_main_guard_is_one(plan, condition, guards):
    """What it holds runs in a script, and is left out beside a function."""
    assert plan(f"{FUNCTION}if {condition}:\n    y = 1\n").skipped == ([1] if guards else [])


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Conv2D(8, 3)", True), ("layers.Conv2D(8, 3)", True), ("from layers import Conv2D as C", True), ("ResNet50()", True),
        ("apps.ResNet50()", True), ("Dense(8)  # Conv2D", False), ("'Conv2D'", False), ("MyResNet()", False), ("1 +", False),
    ],
)  # fmt: skip
def test_convolutions_are_told_by_the_names_of_the_code(source, found):
    """However they are reached; comments and texts aren't names."""
    assert mentions_convolutions(source) is found
