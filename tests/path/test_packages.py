"""A package that the course promises and this machine hasn't got: the machine's fault where a file's result needs it."""

import pytest

from grader.leniency.packages import COMMON, find_absent

pytestmark = pytest.mark.train

FILE = """
import tensorflow as tf
{imports}

def train():
    (x, y), _ = tf.keras.datasets.mnist.load_data()
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    {before}
    history = model.fit(x[:2000] / 255.0, y[:2000])
    {after}
    return history.epoch, history.history["accuracy"][-1]
"""
PROMISED = "schema: grade-course/1\npackages: [no_such_thing, json]\n"


@pytest.fixture
def promising(soon_graded, tmp_path):
    """Grades a file in a course that promises a package which nobody has."""

    def run(imports, before="", after=""):
        (tmp_path / "course").mkdir(exist_ok=True)
        (tmp_path / "course" / "course.yaml").write_text(PROMISED)
        return soon_graded(FILE.format(imports=imports, before=before, after=after))

    return run


@pytest.mark.parametrize(
    ("imports", "before"),
    [
        ("import no_such_thing as n", "x, y = n.shuffle(x, y)"),
        ("from no_such_thing.utils import shuffle", "x, y = shuffle(x, y)"),
        ("", "from no_such_thing import load"),
    ],
)
def test_what_needs_a_promised_package_that_is_missing_is_no_fault_of_the_students(promising, imports, before):
    """Not graded, with the package's name: exit code 4."""
    verdict = promising(imports, before)

    assert (verdict.status, {check.status for check in verdict.checks}) == ("error", {"error"})
    assert "the file needs `no_such_thing`, which is not installed on the grading machine" in verdict.end_message


def test_what_nobody_promised_is_the_files_own_fault(promising):
    """A module of the student's own, or a name that is misspelt; and a file can't say that it lacks what is there."""
    for imports, before in (("import my_helpers", "my_helpers.run()"), ("", "raise ModuleNotFoundError('x', name='json')")):
        verdict = promising(imports, before)

        assert (verdict.status, verdict.end) == ("failed", "crashed")


def test_a_training_that_counts_is_a_pass_whatever_comes_after_it(promising):
    """What is imported in vain and never needed costs nothing."""
    assert promising("import no_such_thing").status == "passed"


@pytest.mark.skipif(not find_absent(COMMON), reason="every usual package is installed")
def test_a_usual_package_that_is_missing_may_be_calculated_with_but_not_returned(soon_graded):
    """Its figures are for the eyes; one that is returned, or decides, makes the file one for another machine."""
    name = find_absent(COMMON)[0]
    shown = f"table = {name}.table(y); print(table / table.sum() + 1, len(table), -table[0].max())"
    returned = f"return history.epoch, float({name}.DataFrame(history.history)['accuracy'].iloc[-1])"

    checks = "[{id: epochs, check: training.epochs, args: {below: 99}, points: 1}, {id: returns, check: returns.shape, points: 1}]"

    assert soon_graded(FILE.format(imports=f"import {name}", before="", after=shown), checks=checks).status == "passed"
    assert soon_graded(FILE.format(imports=f"import {name}", before="", after=returned), checks=checks).status == "error"
