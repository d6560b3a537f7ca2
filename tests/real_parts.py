"""The real programs that some tests need beside Python's packages: a browser, a database server, a terminal, npm.

`.ci/run` installs Debian's packages that this file prints and sets CI=true; a test that misses one of them fails there.
Elsewhere it is skipped, with the command that installs the part.
"""

import os
import shutil
from pathlib import Path

PACKAGES = {
    "chromium": ["chromium", "chromium-driver"],
    "postgresql": ["postgresql"],
    "tmux": ["tmux"],
    "npm": ["nodejs", "npm"],
}
PROGRAMS = {"chromium": ["chromium", "chromedriver"], "postgresql": ["initdb"], "tmux": ["tmux"], "npm": ["node", "npm"]}


def find_program(name):
    """The path of a program, or None; Debian keeps a database server's programs off the PATH."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or next(map(str, reversed(hidden)), None)


def find_missing():
    """The parts that this machine lacks."""
    return [part for part, programs in PROGRAMS.items() if not all(map(find_program, programs))]


def require(part):
    """Ends the test where the part is missing: as a failure in CI, else as skipped."""
    import pytest

    if part in find_missing():
        end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        end(f"{part} is missing: apt-get install {' '.join(PACKAGES[part])}")


if __name__ == "__main__":
    print(*(package for part in find_missing() for package in PACKAGES[part]))
