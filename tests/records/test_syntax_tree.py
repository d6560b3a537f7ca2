"""Trees are read by several threads at once: a class is graded so."""

import ast
import gc
import time
from concurrent.futures import ThreadPoolExecutor

from grader.records.syntax_tree import parse_python, read_literal

TEXT = "f(" * 40 + "x" + ")" * 40 + "\n" + "".join(f"a{number} = [{number}, b.c(d)]\n" for number in range(300))
NESTED = {"shape": tuple((number, [number]) for number in range(300))}
LITERAL = repr(NESTED)


class Disturbing:
    """Lets another thread go on whenever it is collected as garbage."""

    def __del__(self):
        time.sleep(0.0005)


def test_many_threads_read_at_once():
    """Each gets the whole tree, also where garbage is collected meanwhile."""
    expected, before = ast.dump(parse_python(TEXT)), gc.get_threshold()

    def read(_):
        for _ in range(20):
            each = Disturbing()
            each.itself = each
        return ast.dump(parse_python(TEXT)) == expected and read_literal(LITERAL) == NESTED

    gc.set_threshold(50)
    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(read, range(16)))
    finally:
        gc.set_threshold(*before)
