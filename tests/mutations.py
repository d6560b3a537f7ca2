"""Changes single comparisons and connectives of a module, and prints those that its quick tests don't notice.

    pip install cosmic-ray
    python tests/mutations.py                               # every module below
    python tests/mutations.py grader/checks/callback.py     # one of them

The changes are cosmic-ray's. Its own runner starts an interpreter for each; here each is tried in a fork of a process that
has imported everything else, and no file is written.
"""

from __future__ import annotations

import difflib
import importlib
import os
import re
import signal
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]
# module: its tests
MODULES = {
    "grader/batch/file_names.py": ["tests/batch/test_sources.py", "tests/batch/test_namings.py"],
    "grader/batch/sources/names.py": ["tests/batch/test_recognized_names.py", "tests/batch/test_sources.py", "tests/batch/test_namings.py"],
    "grader/checks/callback.py": ["tests/checks/test_callback.py"],
    "grader/checks/returns.py": ["tests/checks/test_returns.py", "tests/checks/test_training_bounds.py"],
    "grader/checks/structure.py": ["tests/checks/test_structure.py", "tests/checks/test_arguments.py"],
    "grader/checks/training.py": ["tests/checks/test_training_bounds.py", "tests/checks/test_training.py"],
    "grader/courses/policy.py": ["tests/courses/test_policy.py"],
    "grader/grading/curves.py": ["tests/grading/test_curves.py"],
    "grader/grading/ledger.py": ["tests/grading/test_run_recorder.py", "tests/grading/test_history.py", "tests/grading/test_lineage.py", "tests/grading/test_modelling.py"],
    "grader/quiz/marking.py": ["tests/quiz/test_quiz_marking.py", "tests/quiz/test_quiz_class.py"],
    "grader/quiz/marksheet.py": ["tests/quiz/test_quiz_class.py", "tests/quiz/test_quiz_marking.py"],
    "grader/static/plan.py": ["tests/static/test_static_plan.py", "tests/static/test_static_parts.py"],
}  # fmt: skip
OPERATORS = re.compile(
    r"core/Replace(AndWithOr|OrWithAnd|ComparisonOperator_(Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In))"
)
OPTIONS = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore", "-m", "not train and not keras and not browser"]
LIMIT_S = 120.0


def list_changes(source: str) -> list[tuple[str, int]]:
    """Operators and the number of the place at which each is to act."""
    tree = get_ast(source)
    found = []
    for name in filter(OPERATORS.fullmatch, operator_names()):
        operator = get_operator(name)()
        places = sum(len(list(operator.mutation_positions(node))) for node in ast_nodes(tree))
        found += [(name, number) for number in range(places)]
    return found


def run_tests(path: Path, code: str, tests: list[str]) -> bool:
    """Whether the tests pass in a fork that finds this code in the place of the file's."""
    child = os.fork()
    if child == 0:
        os.setsid()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        get_code = SourceFileLoader.get_code
        SourceFileLoader.get_code = lambda self, name: (  # type: ignore[method-assign]
            compile(code, str(path), "exec") if Path(self.path) == path else get_code(self, name)
        )
        try:
            os._exit(pytest.main([*OPTIONS, *tests]))
        finally:
            os._exit(1)
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def try_changes(module: str, tests: list[str]) -> None:
    """Prints what the tests of a module didn't notice, and how much they did."""
    path, source = ROOT / module, (ROOT / module).read_text(encoding="utf-8")
    if not run_tests(path, source, tests):
        sys.exit(f"{module}: its tests don't pass as it is")
    changed = [mutate_code(source, get_operator(name)(), number) for name, number in list_changes(source)]
    missed = [code for code in changed if run_tests(path, code, tests)]
    for code in missed:
        lines = difflib.unified_diff(source.splitlines(), code.splitlines(), lineterm="", n=0)
        sys.stdout.write("\n".join(line for line in lines if not line.startswith(("---", "+++"))) + "\n")
    sys.stdout.write(f"{module}: {len(changed) - len(missed)} of {len(changed)} noticed\n")
    sys.stdout.flush()


def main(asked: list[str]) -> None:
    """Tries the modules that are asked for, else all."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    chosen = {module: MODULES[module] for module in asked or MODULES}
    # Imports what the tests need; each fork then imports the package itself anew.
    pytest.main([*OPTIONS, "--collect-only", "-qq", *(test for tests in chosen.values() for test in tests)])
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "grader" or Path(getattr(module, "__file__", None) or "/").is_relative_to(ROOT / "tests"):
            del sys.modules[name]
    importlib.invalidate_caches()
    for module, tests in chosen.items():
        try_changes(module, tests)


if __name__ == "__main__":
    main(sys.argv[1:])
