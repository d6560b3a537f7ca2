"""Feature maps on a page, read back as pictures."""

import base64
import io
import re

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_report_html import Page

from grader.records.run import Activations, LayerActivations, Run, RunEnd
from grader.reports import html
from grader.reports.maps import (
    MAX_SIDE,
    MISSING_TONE,
    build_map_comparison,
    encode_data_url,
    encode_png,
    find_activations,
)


def page(activations):
    verdict = samples.passed()
    return html.render([verdict], {}, {(verdict.exercise, verdict.submission.sha256): activations})


def picture(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def of_url(url):
    return picture(base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True))


def test_a_picture_is_black_at_zero_and_brightest_at_the_top():
    """What is below or above is cut, what is no number has a colour of its own."""
    made = picture(encode_png([[-9.0, 0.0], [2.0, 1e300], [None, float("nan")]], 2.0))

    assert made.size == (2, 3)
    assert [made.getpixel((x, y)) for y in range(2) for x in range(2)] == [(0, 0, 4)] * 2 + [(252, 255, 164)] * 2
    assert [made.getpixel((x, 2)) for x in range(2)] == [MISSING_TONE] * 2


@given(
    st.lists(st.lists(st.none() | st.floats(), min_size=3, max_size=3), min_size=1, max_size=9), st.floats(1e-9, 1e9)
)
def test_any_numbers_make_a_picture(rows, top):
    """Whatever a function put out."""
    assert picture(encode_png(rows, top)).size == (3, len(rows))


def test_a_large_map_is_thinned():
    """A page stays small, whatever the layer."""
    assert picture(encode_png([[1.0] * 1000] * 65, 1.0)).size == (63, 33)
    assert max(picture(encode_png([[0.5] * 64] * 64, 1.0)).size) == MAX_SIDE


def test_expected_and_got_stand_beside_each_other():
    """A row for each image, a column for each layer, a dash where no map is, and words for those who can't see it."""
    text = page(samples.activations())
    read = Page(text)
    alts = [value for tag, name, value in read.attributes if (tag, name) == ("img", "alt")]

    assert alts[:2] == ["expected: conv_1 of test image 0", "expected: pool_1 of test image 0"]
    assert alts[8:] == [f"got: {layer} of test image {n}" for n in (0, 23) for layer in ("conv_1", "pool_1")]
    assert "expected conv_1 26 × 26 pool_1 13 × 13 conv_2 11 × 11 pool_2 5 × 5 test image 0" in read.text
    assert (
        "got conv_1 26 × 26 pool_1 13 × 13 conv_2 (2, 968) pool_2 none came test image 0 – – test image 23" in read.text
    )
    assert "Filter 1 of each layer. Brighter is larger" in read.text
    assert "light blue is no finite number." in read.text


def test_right_maps_look_like_the_expected_ones():
    """The same numbers give the same picture, and numbers that differ another one."""
    expected, got = build_map_comparison(samples.activations()).grids

    assert [cell.url for cell in got.rows[0][1][:1]] == [cell.url for cell in expected.rows[0][1][:1]]
    assert got.rows[1][1][1].url != expected.rows[1][1][1].url
    assert [of_url(cell.url).size[0] for cell in expected.rows[0][1]] == [26, 13, 11, 5]


def test_a_function_without_arrays_has_the_expected_maps_alone():
    """So that one sees what was asked for."""
    layer = LayerActivations(layer="conv", kind="Conv2D", shape=[1, 2, 2, 1], maps=[[[0.0, 1.0], [1.0, 0.0]]])

    (grid,) = build_map_comparison(Activations(layers=[layer], fault="it returned nothing (None), not a list")).grids
    assert (grid.title, [image for image, _ in grid.rows]) == ("expected", ["test image 1"])


def test_without_maps_there_is_no_section():
    """Neither a heading nor a picture, and the page's policy allows none."""
    for text in (page(None), page(Activations(layers=[])), html.render([samples.passed()])):
        assert "Feature maps" not in text
        assert "img-src" not in text


def test_the_policy_allows_only_pictures_of_the_page_itself():
    """Nothing is loaded, and no element but the pictures has come in."""
    text = page(samples.activations())
    read = Page(text)

    assert "style-src 'unsafe-inline'; img-src data:; base-uri 'none'" in text
    assert read.tags.count("img") == 12
    assert all(
        re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/]+=*", value)
        for tag, name, value in read.attributes
        if name == "src"
    )


def test_names_of_layers_are_text():
    """Also one that no model of ours has."""
    layer = LayerActivations(layer='"><script>', kind="Conv2D", shape=[1, 1, 1, 1], got=[10**9] * 8, maps=[[[1.0]]])
    assert "script" not in Page(page(Activations(layers=[layer], came=1))).tags


def test_a_page_of_many_large_maps_stays_below_a_megabyte():
    """Layers, images and sizes are bounded."""
    noise = [[[(x * y * 7919 % 101) / 101 for x in range(100)] for y in range(100)]] * 30
    layer = LayerActivations(
        layer="conv", kind="Conv2D", shape=[30, 100, 100, 1], got=[30, 100, 100, 1], maps=noise, given=noise
    )
    text = page(Activations(layers=[layer] * 30, came=30, images=list(range(30))))

    assert text.count("<img") == 96
    assert len(text) < 1_000_000


def test_the_last_run_with_activations_is_shown():
    """Later attempts may have come to none."""
    first, second = (Run(seed=seed, end=RunEnd(kind="completed"), activations=samples.activations()) for seed in (7, 8))
    none = Run(seed=9, end=RunEnd(kind="crashed"))

    assert find_activations([first, second, none]) is second.activations
    assert find_activations([none]) is None
    assert find_activations([]) is None


@pytest.mark.parametrize("top", [float("inf"), float("nan"), 0.0, -1.0])
def test_expected_maps_without_a_top_are_drawn_all_the_same(top):
    """A layer that puts out nothing above zero is dark."""
    layer = LayerActivations(layer="conv", kind="Conv2D", shape=[1, 1, 1, 1], maps=[[[top]]])
    (grid,) = build_map_comparison(Activations(layers=[layer])).grids

    assert grid.rows[0][1][0].url == encode_data_url([[top]], 1.0)
