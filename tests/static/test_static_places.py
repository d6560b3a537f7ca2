"""The places of a stub that are still open: counted by its marks, and never a reason to refuse what may work."""

import pytest

MARKS = ("    # YOUR CODE STARTS HERE\n    # TODO: {}\n", "    # YOUR CODE ENDS HERE\n")


def place(todo, code="..."):
    start, end = MARKS
    return start.format(todo) + f"    {code}\n" + end


STUB = "def train_mnist():\n" + place("one") + place("two") + place("three") + "    return m.fit(x)\n"


def filled(*codes):
    return "def train_mnist():\n" + "".join(place("this", code) for code in codes) + "    return m.fit(x)\n"


@pytest.mark.parametrize(
    ("codes", "lines", "told"),
    [
        (("a = 1", "...", "..."), [8, 12], "2 of 3 places are still open: lines 8 and 12"),
        (("a = 1", "b = 2", "..."), [12], "1 of 3 places is still open: line 12"),
        (("a = 1", "pass", "c = 3"), [8], "1 of 3 places is still open: line 8"),
        (("a = 1", "", "c = 3"), [6], "1 of 3 places is still open: line 6"),
        (("a = 1", "b = x[..., None]", "..."), [12], "1 of 3 places is still open: line 12"),
        # Its marks gone, a place still counts among those of the stub.
        (("a = 1", "..."), [8], "1 of 3 places is still open: line 8"),
    ],
)
def test_open_places_are_counted_by_the_marks(inspect, codes, lines, told):
    """The lines are those to write at; the file is run all the same, and the sentence is its first note."""
    report = inspect(filled(*codes), stub=STUB)

    assert (report.findings, report.places.lines) == ([], lines)
    assert report.notes[0].message == told


@pytest.mark.parametrize(
    "source",
    [
        filled("a = 1", "b = 2", "c = 3"),
        "class Stop:\n    def on_epoch_begin(self, epoch, logs):\n        ...\n" + filled("a = 1", "b = 2", "c = 3"),
        filled("a = 1", "b = 2\n    ...", "c = 3"),
        'def train_mnist():\n    """Says\n    ...\n    """\n    return m.fit(x)\n',
    ],
)
def test_what_is_filled_has_no_open_place(inspect, source):
    """Nor has a method that does nothing, a left-over `...` beside code, or one in a text."""
    report = inspect(source, stub=STUB)

    assert (report.findings, report.places, report.notes) == ([], None, [])


def test_a_stub_without_its_marks_still_shows_its_dots(inspect):
    """Wherever `...` has a line of its own."""
    source = "def train_mnist():\n    x = 1\n    ...\n    return m.fit(x)\n"

    assert inspect(source, stub=STUB).places.lines == [3]


def test_the_places_of_a_notebook_are_named_by_cell(inspect_cells):
    """By number and line of the cell."""
    report = inspect_cells("import x", "def train_mnist():\n" + place("a") + place("b", "b = 1") + "    return m.fit(x)\n")

    assert report.places.words == ["code cell 2, line 4"]
    assert report.notes[0].message == "1 of 2 places is still open: code cell 2, line 4"
