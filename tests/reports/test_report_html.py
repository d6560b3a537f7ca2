"""The pages, as a parser reads them."""

import math
import re
import time
from html.parser import HTMLParser

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from grader.messages.text import escape_text
from grader.records.verdict import CutEpoch, DeclaredLayer, LineToCross, TrainingRecord
from grader.reports import html
from grader.reports.chart import build_chart
from grader.reports.cohort import build_cohorts
from grader.reports.page import build_training_rows, compare_claim, extract_excerpt

VOID = {"meta", "link", "br", "img", "input", "hr"}
SVG_LEAVES = {"path", "circle", "rect"}
anything = st.text(st.characters(exclude_categories=()), max_size=60)
markup = st.lists(
    st.sampled_from(
        ["<", ">", "</style>", "<script>", '"', "'", "&", "-->", "{{", "{%", "`", " onload=", "javascript:", "x"]
    )
).map("".join)


class Page(HTMLParser):
    """A page's elements, attributes and text; it complains about tags that don't match."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.words, self.ids = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in SVG_LEAVES
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def rendered(name, **kwargs):
    verdict = samples.SAMPLES[name]()
    return html.render([verdict], {verdict.submission.sha256: samples.SOURCE}, **kwargs)


def assert_harmless(page):
    """No element that runs or loads anything, no event handler, no link but our own relative ones."""
    assert not set(page.tags) & {"script", "img", "iframe", "object", "embed", "link", "form", "input", "base", "video"}
    assert page.tags.count("style") == 1
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "srcset", "action", "formaction", "xlink:href", "background")
        if name == "href":
            assert re.fullmatch(r"#[a-z0-9-]+|\.\./index\.html|submissions/\d{4,}-[a-z0-9-]+\.html", value)
        if name == "style":
            assert (tag, re.sub(r"\d+", "9", value)) == ("i", "width:9%")


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_every_page_is_well_formed_and_harmless(name):
    """Each kind of verdict gives a page whose tags match, whose ids differ, and in which nothing runs."""
    page = Page(rendered(name))

    assert_harmless(page)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("h1") == 1
    assert page.tags.count("title") >= 1


@given(st.one_of(anything, markup), st.one_of(anything, markup))
def test_any_text_arrives_as_text(name, message):
    """Whatever a student wrote, the parser finds the same elements as for a harmless text, and the text itself."""

    def made(name, message):
        verdict = samples.make(
            title=name,
            submission=samples.SubmissionRef(path=f"/x/{name}.py", sha256="s"),
            checks=[samples.check("one-conv", "failed", message=message, expected=message, got=name, hint="h", line=1)],
            end="crashed",
            end_message=message,
            stdout=message,
        )
        return Page(html.render([verdict], {"s": f"{message} {name}"}))

    page = made(f"n{name}", f"m{message}")
    own = ("code", "span", "b", "pre")  # commands, lines of the file, and what comes in several lines

    assert_harmless(page)
    wanted = [tag for tag in made("n", "m").tags if tag not in own]
    assert [tag for tag in page.tags if tag not in own] == wanted
    assert " ".join(escape_text(f"m{message}").split()) in page.text


def test_a_page_loads_nothing_and_allows_nothing():
    """The policy in the page forbids scripts, pictures, frames and requests; no address stands in it."""
    text = rendered("passed")

    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.search(r"(?:https?:)?//\w", text)
    assert "url(" not in text
    assert "@import" not in text


def test_a_failed_check_shows_expected_got_hint_and_the_line_in_context():
    """The line that the check speaks of is marked among its neighbours."""
    text = rendered("gated")
    page = Page(text)

    assert "hint One convolution" in page.text
    assert "expected 1 Conv2D, 1 MaxPooling2D got 2 Conv2D, 1 MaxPooling2D" in page.text
    assert re.search(r'class="hit"><b>23</b>    history = model\.fit\(x, y, epochs=19', text)
    assert "<b>20</b>" in text
    assert "<b>27</b>" not in text


def test_a_table_keeps_its_lines():
    """What comes in several lines stands as it was written; one line stays running text."""
    text = rendered("tables")

    assert re.search(r"<pre class=\"lines\"[^>]*>  asked for           \| your model\n  Flatten  ", text)
    assert "<dd>2 layers</dd>" in text
    assert text.count('class="lines"') == 1


def test_without_the_source_the_line_is_named():
    """A report from a stored verdict alone still says which line is meant."""
    text = html.render([samples.gated()])

    assert "line 23" in Page(text).text
    assert 'class="source"' not in text


def test_a_crash_shows_its_message_and_its_line():
    """The traceback is shown, and the line that it ends at."""
    page = Page(rendered("crashed"))

    assert "Your code stopped with an error." in page.text
    assert 'ValueError: Input 0 of layer "conv2d" is incompatible' in page.text
    assert "23     history = model.fit" in page.text.replace("23 history", "23     history")


def test_the_curve_has_the_line_to_cross_and_where_it_ended():
    """The chart is described in words for those who can't see it."""
    text = rendered("passed")
    page = Page(text)

    assert text.count("<svg") == 1
    assert "line to cross: 0.998" in page.text
    assert "ended here" in page.text
    assert "goes from 0.9552 to 0.9982 in 9 epochs; it is above 0.998 for the first time in epoch 9." in page.text


def test_each_attempt_has_its_curve():
    """Three seeds, three charts, and the sentence about near misses."""
    text = rendered("attempts")

    assert text.count("<svg") == 3
    assert "Seed 9: 9 epochs of 60,000 examples, replayed" in Page(text).text
    assert "near miss" in text


def test_the_layers_are_shown_where_they_are_known():
    """Kind, name, output shape without the batch, parameters."""
    layer = DeclaredLayer(kind="Conv2D", name="conv2d", output_shape=[None, 26, None, 32], parameters=1320)
    text = Page(html.render([structs.replace(samples.gated(), layers=[layer])])).text

    assert "Conv2D conv2d 26 × ? × 32 1,320" in text
    assert "as asked for" not in text
    assert "The model" not in [words.strip() for words in Page(rendered("passed")).words]


def test_the_declared_layers_stand_beside_those_that_are_asked_for():
    """Each row says what is asked for in its place; one that differs or is missing says so, also to a screen reader."""
    rows = [
        DeclaredLayer(kind="Flatten", name="flatten", output_shape=[None, 784], asked="Flatten"),
        DeclaredLayer(kind="Dense", name="<b>d", output_shape=[None, 64], parameters=9, asked="Dense(128)", fault="has 64 units"),
        DeclaredLayer(asked="Dense(10)", fault="is missing: Dense(10)"),
    ]
    text = Page(html.render([structs.replace(samples.gated(), layers=rows)])).text

    assert "as asked for Flatten Flatten flatten 784 0" in text
    assert "differs Dense(128) Dense has 64 units <b>d 64 9" in text
    assert "differs Dense(10) missing is missing: Dense(10)" in text


def test_what_was_measured_stands_beside_what_was_returned():
    """Epochs and accuracy side by side; what only the grader measured has a dash on the file's side."""
    rows = compare_claim(samples.passed())

    assert rows[:2] == [("epochs", "9", "9"), ("accuracy of the last epoch", "0.9982", "0.9982")]
    assert rows[-1] == ("accuracy on the test images", "0.9870", "–")


@pytest.mark.parametrize(
    ("returned", "last"),
    [
        ("nonsense", ("returned value", "–", "'nonsense'")),
        ([[0], True], ("returned value", "–", "[[0], True]")),
        ([[0], 1], ("accuracy of the last epoch", "0.9982", "1")),
    ],
)
def test_an_odd_return_value_is_shown_as_it_is(returned, last):
    """What isn't a list of epochs and a number is shown as plain data."""
    assert compare_claim(samples.make(checks=[], training=[samples.record()], returned=returned))[-1] == last


def test_long_things_are_cut_and_counted():
    """Notes, epochs and output beyond their bounds are counted instead of shown."""
    verdict = samples.make(
        checks=[],
        notes=[samples.Note(line=None, message="`acc`")] * 60,
        training=[samples.record([0.5] * 300)],
        stdout="x\n" * 100_000,
    )
    text = html.render([verdict])

    assert "… 10 more" in text
    assert "… 200 more epochs" in text
    assert "180,000 more characters" in text
    assert len(text) < 120_000


def test_a_class_is_an_index_and_a_page_for_each():
    """The index links to every page, and every page back to the index."""
    pages = html.render_site(samples.every())
    index = Page(pages["index.html"])
    hrefs = [value for _, name, value in index.attributes if name == "href" and value.startswith("sub")]

    assert sorted(hrefs) == sorted(set(pages) - {"index.html"})
    assert_harmless(index)
    assert all('href="../index.html"' in pages[name] for name in hrefs)
    assert "13 submissions: 2 passed, 10 not passed, 1 not graded" in index.text
    assert [name for name in pages if name.startswith("submissions/0010")] == ["submissions/0010-ada.html"]


def test_several_without_a_folder_are_the_index_without_links():
    """One file for a class has no links into nowhere; none at all is a page too."""
    assert "submissions/" not in html.render(samples.every())
    assert "There are none." in Page(html.render([])).text


def test_a_class_that_we_could_not_grade_says_so():
    """Faults of ours count for no average."""
    assert "No submission could be graded." in Page(html.render([samples.fault(), samples.fault()])).text


def test_a_class_where_all_passed_says_so():
    """No findings is worth a sentence."""
    assert "Nobody lost a point." in Page(html.render([samples.passed()] * 2)).text


def test_the_classs_figures():
    """Mean, spread, commonest findings and facility, counted by hand for a small class."""
    exercise, quiz = build_cohorts(
        [*[samples.passed()] * 4, *[samples.gated()] * 3, samples.crashed(), samples.fault(), samples.quiz()]
    )
    conv = next(item for item in exercise.items if item.id == "one-conv")

    assert (exercise.graded, exercise.mean, exercise.median) == (8, (400 + 90) / 800, 0.65)
    assert exercise.spread == (1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 4)
    assert exercise.findings == (
        ("The model has exactly one Conv2D and one MaxPooling2D", 3),
        ("run ended: crashed", 1),
    )
    assert (conv.judged, conv.failed, conv.facility) == (7, 3, 4 / 7)
    assert quiz.graded == 1


def test_a_check_that_was_not_judged_was_not_failed():
    """Behind a gate that some don't pass, a check that nobody failed is easy and tells nobody from anybody."""
    (cohort,) = build_cohorts([*[samples.passed()] * 5, *[samples.gated()] * 5])
    behind = next(item for item in cohort.items if item.id == "threshold")

    assert (behind.judged, behind.failed, behind.facility, behind.discrimination) == (5, 0, 1.0, None)
    assert next(item for item in cohort.items if item.id == "one-conv").failed == 5


def test_discrimination_is_the_corrected_item_total_correlation():
    """A check whose points go with all the others' has 1, and one that all pass has none."""
    failing = samples.all_checks(**{id_.replace("-", "_"): samples.check(id_, "failed") for id_ in samples.TITLES})
    verdicts = [*[samples.passed()] * 3, *[samples.make(checks=failing)] * 3]
    (cohort,) = build_cohorts(verdicts)

    assert all(math.isclose(item.discrimination, 1.0) for item in cohort.items)
    assert build_cohorts([samples.passed()] * 6)[0].items[0].discrimination is None
    assert build_cohorts(verdicts[:4])[0].items[0].discrimination is None


def test_three_hundred_students_take_less_than_ten_seconds():
    """A class of 300 with training curves and sources is rendered within the limit."""
    verdicts = samples.every()[:12] * 25
    start = time.process_time()
    pages = html.render_site(verdicts, {samples.digest(samples.SOURCE): samples.SOURCE})

    assert len(pages) == 301
    assert time.process_time() - start < 10


def drawn(figures, above=0.998, **more):
    epochs = [{"epoch": index, "accuracy": value, **more} for index, value in enumerate(figures)]
    record = TrainingRecord(epochs=epochs, stopped_by="epochs", examples=1, seed=7)
    return build_chart(record, LineToCross(metric="accuracy", above=above) if above is not None else None)


@given(
    st.lists(st.floats(), min_size=1, max_size=80),
    st.none() | st.floats(0, 1),
)
def test_any_curve_stays_within_its_chart(figures, above):
    """Every point, tick and line of any curve lies in the picture; NaN and monstrous values are left out."""
    found = drawn(figures, above)
    if found is None:
        assert not any(abs(value) < 1e12 for value in figures)
        return
    numbers = [float(number) for curve in found.curves for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", curve.path)]
    heights = [tick.at for tick in found.y_ticks] + ([found.line_y] if found.line_y is not None else [])

    assert all(0 <= number <= 400 for number in numbers)
    assert all(17 <= height <= 191 for height in heights)
    assert 1 <= len(found.y_ticks) <= 7


def test_a_curve_is_broken_where_a_figure_is_missing():
    """A NaN in the middle lifts the pen."""
    assert drawn([0.5, float("nan"), 0.7]).curves[0].path.count("M") == 2


def test_validation_is_drawn_beside_training():
    """The validation figure of the same metric is a second curve."""
    assert [curve.metric for curve in drawn([0.5, 0.6], val_accuracy=0.4).curves] == ["accuracy", "val_accuracy"]


def test_a_curve_without_a_line_and_one_that_crosses():
    """Without a line there is none to cross; with one, the first point above it is marked."""
    assert drawn([0.5, 0.6], above=None).line_y is None
    assert drawn([0.5, 0.6], above=None).summary == "The accuracy goes from 0.5000 to 0.6000 in 2 epochs."
    assert drawn([0.5], above=None).summary == "The accuracy is 0.5000 after one epoch."
    assert drawn([0.5]).summary == "The accuracy is 0.5000 after one epoch; it never gets above 0.998."
    assert drawn([0.5, 0.999]).crossing == drawn([0.5, 0.999]).end
    assert drawn([0.5, 0.6]).summary.endswith("it never gets above 0.998.")


def test_many_epochs_are_thinned_and_named_sparingly():
    """Ten thousand epochs give a few hundred points, no dots, and at most nine labels."""
    found = drawn([0.5 + index / 30000 for index in range(10_000)])

    assert found.curves[0].path.count("L") <= 301
    assert found.curves[0].dots == ()
    assert len(found.x_ticks) <= 9


def test_lines_are_counted_as_python_counts_them():
    """Form feeds and Unicode line ends inside a line don't shift the numbers."""
    assert [each.text for each in extract_excerpt("a\x0c\u2028b\r\nc\rd", 2, around=1)] == ["a\x0c\u2028b", "c", "d"]
    assert extract_excerpt("a", 2) == []
    assert extract_excerpt("x" * 500, 1)[0].text == "x" * 160 + "…"


def test_a_quiz_has_no_training():
    """Marks of a quiz are a page too, without a word of epochs."""
    page = Page(rendered("quiz"))

    assert "epoch" not in page.text
    assert "NOT PASSED 2 / 3 points" in page.text


def test_a_line_keeps_all_its_decimals():
    """A line of six decimals is drawn and told as its author wrote it, and a figure on it isn't rounded past it."""
    found = drawn([0.998124, 0.998125, 0.998126], above=0.998125)

    assert found.line_label == "line to cross: 0.998125"
    assert found.summary.endswith("it is above 0.998125 for the first time in epoch 3.")
    assert "from 0.99812 to 0.998126" in found.summary


def test_the_page_stays_as_it_was_looked_at(golden):
    """The markup of one page, without its style, as it was checked in a browser."""
    golden("gated.html", re.sub(r"(?s)<style>.*</style>", "<style></style>", rendered("gated")))


def test_figures_of_a_cut_epoch_are_told_as_such():
    """A table says of which epoch only a part was seen, in a column of its own."""
    cut = CutEpoch(at=1, figures={"accuracy": 0.75})
    record = TrainingRecord(
        epochs=[{"epoch": 0, "accuracy": 0.5}, {"epoch": 1}], stopped_by="callback", examples=1, seed=7, cut_epochs=[cut]
    )
    (row,) = build_training_rows(samples.make(checks=[], training=[record]))

    assert row.keys == ["accuracy", "accuracy (part of an epoch)"]
    assert [each.figures for each in row.rows] == [["0.5000", "NaN"], ["NaN", "0.7500"]]


def test_a_running_training_hasnt_ended():
    """Its curve is drawn so far, without the mark of the end that a verdict's has."""
    record = TrainingRecord(epochs=[{"epoch": 0.0, "accuracy": 0.7}, {"epoch": 1.0, "accuracy": 0.8}], stopped_by="limit", examples=9, seed=0)

    assert 'class="end"' not in html.render_live("exercise1", "epoch 3/9", record, LineToCross(metric="accuracy", above=0.9))
    assert build_chart(record, None).end is not None
