"""Begins every process of ours: `python -I -S …/grader/engines/boot.py MODULE` runs a module as `python -m` would.

The interpreter is isolated: no `sitecustomize`, `.pth` file or variable of the user's is looked at, and nothing is
imported from where somebody works. What can be imported is this package, wherever it lies, and what `PYTHONPATH` holds,
which the process that starts this one made of what it could import itself. It never imports anything else of ours.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import site
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def begin(module: str) -> None:
    """Runs a module as the main program.

    The package is found by its own folder: the one around it may be somebody's, which a student process can't list.
    """
    sys.path += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    site.setquit()  # `exit()` and the like, which files use
    site.setcopyright()
    site.sethelper()
    start = os.path.join(PACKAGE, "__init__.py")
    spec = importlib.util.spec_from_file_location("grader", start, submodule_search_locations=[PACKAGE])
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["grader"] = package
    spec.loader.exec_module(package)
    sys.argv[0:2] = [sys.argv[1]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    begin(sys.argv[1])
