"""What a look at a file costs: no numpy, no TensorFlow, little time."""

import subprocess
import sys
import time

from grader import static
from grader.submission import Submission

LOOK = """
import sys
from grader import static, submission
static.inspect_submission(submission.Submission(path="a", name="a", sha256="", source="def train_mnits(): pass"), "train_mnist")
print(sorted({name.split(".")[0] for name in sys.modules} & {"numpy", "keras", "tensorflow", "nbformat", "IPython", "rich"}))
"""


def test_a_file_is_looked_at_without_numpy_and_tensorflow():
    """Saying no doesn't wait for what training needs."""
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_long_file_is_looked_at_quickly():
    """A thousand lines, more than any student's file, are looked at in about half a second; the time grows with the lines, not with their square."""
    lines = ["def train_mnist():"] + ["    if logs.get('acc') > 0.99: model.stop_training = True"] * 1000
    file = Submission(path="a", name="a", sha256="", source="\n".join(lines))
    began = time.process_time()
    static.inspect_submission(file, "train_mnist")

    assert time.process_time() - began < 3.0
