"""The trainer process: `python -m grader.trainer`, started by the grader, talks to it alone."""

from grader.trainer import serving

serving.main()
