"""The trainer process: `python -m grader.trainer`, started by the grader, talks to it alone."""

import importlib
import os

from grader.engines import lifeline

lifeline.hold(int(os.environ["GRADE_FD"]))  # before the imports, which take seconds
importlib.import_module("grader.trainer.serving").run_trainer()
