"""How much of a text another one has too."""

import io
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [path.read_text() for path in sorted((ROOT / "solutions" / "exercise2" / "rejects").glob("*.py"))]
SOLUTION = (ROOT / "solutions" / "exercise2" / "solution.py").read_text()
STUB = (ROOT / "exercises" / "exercise2" / "stub.py").read_text()


@pytest.fixture(scope="module")
def copydetect():
    """Imported for these tests alone: at the top of the file, every worker would wait a second for it."""
    return pytest.importorskip("copydetect")


@pytest.fixture(scope="module")
def compute_shares(copydetect):
    return import_module("grader.batch.similar").compute_shares


def test_it_is_what_copydetect_says_of_each_pair(compute_shares, copydetect):
    """For every two files both shares are those of `compare_files`, to the last letter."""
    length = import_module("grader.batch.similar").PASSAGE_LENGTH
    found = compute_shares(TEXTS)
    prints = [copydetect.CodeFingerprint("a.py", length, 1, fp=io.StringIO(text)) for text in TEXTS]

    for row, one in enumerate(prints):
        for column, other in enumerate(prints):
            if row != column:
                _, (first, second), _ = copydetect.compare_files(one, other)
                assert (found[row, column], found[column, row]) == pytest.approx((first, second))


def test_other_names_and_remarks_hide_nothing(compute_shares):
    """A copy with renamed variables, other strings, comments and layout is the whole of it."""
    disguised = SOLUTION.replace("model", "netz").replace("callback", "wächter").replace("\n\n", "\n# mine\n\n\n")

    assert compute_shares([SOLUTION, disguised])[0, 1] == 1.0


def test_the_longer_text_has_the_smaller_share(compute_shares):
    """Who adds much of their own shares all of the other's and a part of their own."""
    own = "\n".join(f"def f{n}(a, b):\n    return a * {n} + b ** {n + 1} - {n * 7919}" for n in range(40))
    found = compute_shares([SOLUTION, SOLUTION + "\n" + own])

    assert found[0, 1] > 0.98
    assert 0.1 < found[1, 0] < 0.5


def test_what_everybody_was_given_does_not_count(compute_shares):
    """Two untouched stubs, and a stub beside a solution, have nothing in common."""
    found = compute_shares([STUB, STUB, SOLUTION], STUB)

    assert found.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_a_line_twice_in_ones_own_text_is_not_taken_for_the_stubs(compute_shares):
    """Only passages of the stub are left out, not those that a text has more than once."""
    twice = "total = compute(first, second, third) ** 17 - 4711\n" * 2

    assert compute_shares([twice, twice], "unrelated = something(else_)[3]\n")[0, 1] == 1.0


@pytest.mark.parametrize("text", ["", "x=1", "\x00\ud800", "'''", "(" * 3000, "\\\n" * 3000])
def test_whatever_is_in_a_text_it_is_compared(compute_shares, text):
    """Empty, short, broken and deeply nested texts give figures between 0 and 1."""
    found = compute_shares([text, SOLUTION])

    assert ((found >= 0) & (found <= 1)).all()


def test_no_texts_have_no_shares(compute_shares):
    """An empty class is no fault."""
    assert compute_shares([]).shape == (0, 0)
