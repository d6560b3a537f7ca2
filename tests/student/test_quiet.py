"""What libraries say on stderr while they are imported."""

import os
import subprocess
import sys

TEXT = """
import os, sys
from grader.engines import forking
with forking.drop_stderr():
    os.write(2, b"noise of C++\\n")
    print("noise of Python", file=sys.stderr)
print("kept", file=sys.stderr)
with forking.drop_stderr():
    raise ImportError("no such library")
"""


def test_noise_is_dropped_and_errors_are_told():
    """Between the two nothing is heard, afterwards everything, an exception too."""
    done = subprocess.run([sys.executable, "-c", TEXT], capture_output=True, text=True, check=False, env={**os.environ})

    assert "noise" not in done.stderr.split("Traceback")[0]
    assert done.stderr.startswith("kept\n")
    assert "ImportError: no such library" in done.stderr
