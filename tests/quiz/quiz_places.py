"""The repository, and the command line as another process."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-c", "import sys; from grader.cli import main; main()"]
