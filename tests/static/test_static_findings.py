"""Findings about the graded function: what can't run is refused, what might run never is."""

import pytest

from grader import static
from grader.submission import Submission

STUB = (
    "import tf\n\nclass C:\n    def on_epoch_end(self):\n        ...\n\n"
    "def train_mnist():\n    # YOUR CODE STARTS HERE\n    ...\n    x = 1\n"
)


@pytest.mark.parametrize("source", ["class LeNet5(Sequential):\n    pass\n", "LeNet5 = 3\n"])
def test_a_function_with_arguments_is_to_keep_its_line(source):
    """Where the function is called with something, `def LeNet5():` would be no way out."""
    file = Submission(path="a.py", name="a.py", sha256="", source=source)
    (finding,) = static.inspect_submission(file, "LeNet5", arguments=1).findings
    assert (finding.code, finding.hint.startswith("Keep the stub's `def` line")) == ("S106", True)


def inspect_given(source, arguments):
    file = Submission(path="a.py", name="a.py", sha256="", source=source)
    return static.inspect_submission(file, "train", arguments=arguments)


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("def train():\n    m.fit(x)\n    return m\nmodel = train()\n", 1),
        ("def train():\n    m.fit(x)\nif True:\n    print(train())\n", 2),
        ("def train(x):\n    m.fit(x)\ntrain(4)\n", 2),
        ("def train(x, y, z):\n    m.fit(x)\ntrain(1, 2, z=3)\n", 2),
    ],
)
def test_another_edition_is_judged_by_its_own_call(source, arguments):
    """Where the function can't be called as the exercise does, the file's own call is what it trains."""
    report = inspect_given(source, arguments)
    calls_it = [note.line for note in report.notes if "by calling it here is graded" in note.message]
    assert (report.findings, calls_it) == ([], [source.count("\n")])


@pytest.mark.parametrize(
    "source",
    [
        "def train():\n    m.fit(x)\n",  # never called
        "def train():\n    m.fit(x)\ndef other():\n    train()\n",  # nor here
        "def train():\n    return 1\ntrain()\n",  # trains nothing
    ],
)
def test_a_call_that_trains_nothing_saves_no_wrong_arguments(source):
    """The finding stays where the file itself shows nothing else to grade."""
    assert [finding.code for finding in inspect_given(source, 1).findings] == ["S104"]


@pytest.mark.parametrize("line", ["def train(x):", "def train(x=1):", "def train(*x):", "def train(x, y=2):"])
def test_a_function_that_takes_what_is_given_is_called_by_the_exercise(line):
    """The file's own call matters only where the exercise's is impossible."""
    report = inspect_given(f"{line}\n    m.fit(x)\ntrain(1)\n", 1)
    assert (report.findings, [note for note in report.notes if "is graded" in note.message]) == ([], [])


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("x = 1\n", "S102", ["there is no function train_mnist()", "def train_mnist():"]),
        ("m = 1\n  # h = m.fit(x)\n", "S102", ["This line, which would train, is a comment."]),
        ("def run(): pass\ndef other(): pass\n", "S102", ["Keep the name of the stub", "Your file defines run(), other()."]),
        ("def train_mnits():\n    return 1\n", "S102", ["Did you mean train_mnits()? Rename it to train_mnist."]),
        ("def train_mnits():\n    m.fit(x)\ntrain_mnits()\n", "S102", ["Did you mean train_mnits()?"]),
        ("def Train_MNIST():\n    return 1\n", "S102", ["Did you mean Train_MNIST()?"]),
        ("def trаin_mnist():\n    return 1\n", "S102", ["has other letters in it: а (CYRILLIC SMALL LETTER A)"]),
        ("class A:\n    def train_mnist(self):\n        return 1\n", "S107", ["is inside another function or class", "margin"]),
        ("def f():\n    def train_mnist():\n        return 1\n", "S107", ["is inside another function or class"]),
        ("def train_mnist(x, y):\n    return x\n", "S104", ["asks for 2 arguments (x, y)", "give each argument a default"]),
        ("def train_mnist(x, y=1):\n    return x\n", "S104", ["asks for 1 argument (x)"]),
        ("def train_mnist(*, x, y=2):\n    return x\n", "S104", ["asks for 1 argument (x)"]),
        ("def train_mnist():\n    return 1\ndef train_mnist(x):\n    return 1\n", "S104", ["asks for 1 argument"]),
        ("class train_mnist:\n    pass\n", "S106", ["is a class, not a function"]),
        ("train_mnist = 3\n", "S106", ["is a variable here, not a function"]),
        ("train_mnist = [1, 2]\n", "S106", ["is a variable here, not a function"]),
        ("async def train_mnist():\n    return 1\n", "S105", ["is async", "Remove `async`"]),
        ("def train_mnist():\n    yield 1\n", "S105", ["yields instead of returning"]),
        ("def train_mnist():\n    pass\n", "S103", ["is still empty"]),
        ("def train_mnist():\n    '''Doc.'''\n    ...\n", "S103", ["is still empty"]),
        (STUB, "S103", ["is still as in the stub", "YOUR CODE STARTS HERE"]),
        (STUB.replace("x = 1", "x = 1  # mine") + "print(1)\n", "S103", ["is still as in the stub"]),
        ("def train_mnist():\n    m = Sequential([\n        ...,\n    ])\n    m.fit(x)\n", "S103", ["1 place is still open: line 3"]),
        ("def train_mnist():\n    return m.fit(\n        ...,\n    )\n", "S103", ["1 place is still open: line 3"]),
        ("def train_mnist():\n    m.fit(\n        # YOUR CODE STARTS HERE\n\n        # YOUR CODE ENDS HERE\n    )\n", "S103",
         ["1 place is still open: line 3"]),
        ("def train_mnist():\n    m.compile(\n        # YOUR CODE STARTS HERE\n        # TODO: adam\n        # YOUR CODE ENDS HERE\n    )\n",
         "S103", ["1 place is still open: line 3"]),
        ("def train_mnist():\n    layers = [\n        Flatten(),\n        ...,\n    ]\n    return Sequential(layers)\n", "S103",
         ["1 place is still open: line 4"]),
        ("def train_mnist():\n    layers = [\n        # YOUR CODE STARTS HERE\n        Flatten(),\n        ...,\n"
         "        # YOUR CODE ENDS HERE\n    ]\n", "S103", ["`...` still stands beside your code", "Delete this line."]),
    ],
)  # fmt: skip
def test_each_fault_is_found_with_its_remedy(inspect, source, code, words):
    """A fault is found before anything is run, and says what to do."""
    report = inspect(source, stub=STUB)
    (finding,) = report.findings
    told = f"{finding.message}\n{finding.hint}"

    assert (finding.code, [word for word in words if word not in told], report.plan) == (code, [], None)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("\n\ndef train_mnits():\n    return 1\n", 3),
        ("\ndef train_mnist(x):\n    return 1\n", 2),
        ("def train_mnist():\n    m = Sequential([\n        ...,\n    ])\n", 3),
        ("def train_mnist():\n    m.fit(\n        # YOUR CODE STARTS HERE\n        # YOUR CODE ENDS HERE\n    )\n", 3),
        ("class A:\n    def train_mnist(self):\n        return 1\n", 2),
    ],
)
def test_a_finding_names_its_line(inspect, source, line):
    """The line is that of the definition or of the blank."""
    assert inspect(source).findings[0].line == line


@pytest.mark.parametrize(
    "source",
    [
        "train_mnist = lambda: 1\n",
        "train_mnist = make()\n",
        "train_mnist = train = one.two\n",
        "from helper import *\n",
        "from .helper import *\n",
        "from helper import train_mnist\n",
        "import helper as train_mnist\n",
        "exec('def train_mnist(): return 1')\n",
        "globals()['train_mnist'] = print\n",
        "exec(open('a.py').read())\nm.fit(x)\nname = 'train_mnist'\n",
        "if True:\n    def train_mnist():\n        return 1\n",
        "try:\n    from a import train_mnist\nexcept ImportError:\n    pass\n",
        "def f():\n    global train_mnist\n    train_mnist = print\nf()\n",
        "import functools\n@functools.cache\ndef train_mnist(x=1):\n    return x\n",
        "@wrap\ndef train_mnist(x):\n    return x\n",
        "@wrap\nasync def train_mnist():\n    return 1\n",
        "@wrap\nclass train_mnist:\n    pass\n",
        "class train_mnist(metaclass=M):\n    pass\n",
        "class train_mnist:\n    def __new__(cls):\n        return 1\n",
        "def train_mnist(*args, **kwargs):\n    return args\n",
        "def train_mnist():\n    def inner():\n        yield 1\n    return inner\n",
        "def train_mnist():\n    return list(x for x in y)\n",
        "def train_mnist(a, b=1):\n    return a\ndef train_mnist():\n    return 1\n",
        "def train_mnist(a):\n    return a\ntrain_mnist = partial(train_mnist, 1)\n",
        "def train_mnist():\n    ...\n    return m.fit(x)\n",
        "def train_mnist():\n    return x[..., None], m.fit(x)\n",
        "def train_mnist():\n    # YOUR CODE STARTS HERE\n    # YOUR CODE ENDS HERE\n    return m.fit(x)\n",
        "def train_mnist():\n    return my.fit()\n",
        "def train_mnist(a):\n    return a\nsetattr(m, 'train_mnist', print)\n",
    ],
)
def test_what_could_work_is_left_to_run_time(inspect, source):
    """A file that might define the function, or might run, is never refused."""
    assert inspect(source, stub=STUB).findings == []


def test_any_exercise_may_lack_a_graded_function(inspect):
    """An exercise without one grades what the file trains."""
    report = inspect("x = 1\n", function=None)

    assert (report.findings, report.plan.mode, report.notes) == ([], "script", [])


def test_a_broken_file_is_refused_as_it_was_read(inspect):
    """What reading found is the finding."""
    from grader import static
    from grader.submission import Finding, Submission

    fault = Finding(code="S001", message="the file is empty")
    report = static.inspect_submission(Submission(path="a", name="a", sha256="", fault=fault), "train_mnist")

    assert (report.findings, report.plan) == ([fault], None)


def test_a_file_nested_too_deeply_is_refused(inspect):
    """An expression that no person writes ends as a finding, not as a crash."""
    for source in ("x" + "+x" * 50_000, "x = " + "lambda: " * 900 + "1\n"):
        (finding,) = inspect(source).findings

        assert (finding.code, finding.message) == ("S101", "Python can't read this file: it is nested too deeply")


def test_a_training_that_is_commented_out_is_shown(inspect):
    """The line of the first comment that holds a call of fit, and none where a comment only speaks of it."""
    assert [f.line for f in inspect("x = 1\n\n#model.fit(x)\n# m.fit(y)\n").findings] == [3]
    assert [f.line for f in inspect("# then call model.fit(x)\nx = 1\n").findings] == [None]
