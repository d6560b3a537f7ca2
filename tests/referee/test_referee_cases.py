"""Cases: written ones, random ones, and the file that ships them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from grader.protocol.calls import AskedCheck, FunctionArgument, Panel, Prepare
from grader.referee import cases, shipping
from grader.referee.cases import BadCase, BadReference, ReferenceFunction, draw_scene

ARGUMENTS = {
    "image": FunctionArgument(array="uint8", shape=[[1, 9], 4], values=[0, 255]),
    "kernel": FunctionArgument(array="float64", choice=[[[0, 1]], [[2, 3]]]),
    "times": FunctionArgument(whole=[2, 5]),
    "share": FunctionArgument(number=[0.25, 0.5]),
    "noise": FunctionArgument(array="float32", shape=[2], values=[-1, 1]),
    "mode": FunctionArgument(choice=["same", "valid"]),
}
ASKED = AskedCheck(id="any", kind="matches", random=40)


def prepare(asked, arguments=ARGUMENTS, **more):
    return Prepare(function="f", arguments=arguments, asked=asked, seed=7, fresh_seed=7, limit_s=1, shipped="", **more)


@given(st.integers(0, 2**31), st.integers(1, 60))
@settings(max_examples=20)
def test_random_cases_are_as_declared_and_grow(seed, number):
    """Every value keeps its bounds and type; the sizes rise up to the largest."""
    drawn = list(cases.draw_cases(structs.replace(ASKED, random=number), ARGUMENTS, [seed], fixed=False))

    assert len(drawn) == number
    for index, case in enumerate(drawn):
        image, kernel, times, share, noise, mode = case.arguments
        assert image.dtype == np.uint8
        assert 1 <= image.shape[0] <= 1 + round(8 * (index + 1) / number)
        assert image.shape[1] == 4
        assert kernel.dtype == np.float64
        assert kernel.tolist() in [[[0, 1]], [[2, 3]]]
        assert (type(times), 2 <= times <= 5, type(share), 0.25 <= share <= 0.5) == (int, True, float, True)
        assert noise.dtype == np.float32
        assert mode in ("same", "valid")


def test_the_same_seed_draws_the_same():
    """Fixed cases follow from the seed; the fresh ones of that seed are others."""
    first, again = (list(cases.iter_fixed_cases([ASKED], ARGUMENTS, 7)) for _ in range(2))
    fresh = list(cases.iter_fresh_cases([ASKED], ARGUMENTS, 7))

    assert [case.arguments[2:4] for case in first] == [case.arguments[2:4] for case in again]
    assert [case.arguments[3] for case in first] != [case.arguments[3] for case in fresh]
    assert {case.fixed for case in first} | {not case.fixed for case in fresh} == {True}


def test_written_values_become_arrays_and_pictures():
    """Nested lists take the argument's type; a picture is drawn; `gives` may be an array."""
    arguments = {"image": ARGUMENTS["image"], "plain": FunctionArgument(choice=[1])}
    written = {"image": {"picture": [6, 8]}, "plain": [1, [2]], "gives": {"array": "int8", "value": [3]}}

    case = cases.build_case(written, arguments, "x")

    assert np.array_equal(case.arguments[0], draw_scene(6, 8))
    assert case.arguments[1] == [1, [2]]
    assert (case.expected.dtype, case.expected.tolist(), case.answered, case.size) == (np.int8, [3], True, (50, 0.0))
    assert cases.build_panel_case(Panel(title="t", case={"image": [[1]], "plain": 1}), arguments).owner == "picture"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1], [2, 3]], "image: .* is no array of uint8"),
        ("grey", "is no array of uint8"),
        ([[300]], "is no array of uint8"),
    ],
)
def test_what_is_no_array_is_the_authors_fault(value, message):
    """Ragged lists, text and numbers out of range are named."""
    with pytest.raises(BadCase, match=message):
        cases.build_case({"image": value}, {"image": ARGUMENTS["image"]}, "x")


def test_an_unknown_mapping_is_the_authors_fault():
    """A plain argument takes no mapping but a picture."""
    with pytest.raises(BadCase, match="expected a value or {picture"):
        cases.build_case({"n": {"photo": 3}}, {"n": FunctionArgument()}, "x")


@pytest.mark.parametrize("channels", [0, 3])
def test_the_picture_has_edges_in_it(channels):
    """The course's picture has the asked size and the whole range from dark to bright."""
    picture = draw_scene(64, 48, channels)

    assert picture.shape == ((64, 48, 3) if channels else (64, 48))
    assert (picture.dtype, picture.min() < 70, picture.max() > 200) == (np.uint8, True, True)


def test_shipped_cases_come_back(tmp_path):
    """What was packed is read again, the same for the same cases; nothing is pickled."""
    asked = [structs.replace(ASKED, random=3, cases=[])]
    made = [
        case.fill_expected((case.arguments[2], case.arguments[0]))
        for case in cases.iter_fixed_cases(asked, ARGUMENTS, 7)
    ]
    path = tmp_path / "cases.npz"
    path.write_bytes(shipping.pack_cases(made, prepare(asked)))

    read = shipping.read_cases(path, prepare(asked))

    assert shipping.pack_cases(read, prepare(asked)) == path.read_bytes()
    assert [type(case.expected) for case in read] == [tuple] * 3
    assert b"pickle" not in path.read_bytes()


def test_a_file_of_another_exercise_is_refused(tmp_path):
    """Cases that were made from other arguments, or other cases, don't count."""
    path = tmp_path / "cases.npz"
    path.write_bytes(shipping.pack_cases([], prepare([ASKED])))

    with pytest.raises(shipping.BadCasesFile, match="made from another exercise.yaml; `grade selfcheck --write-cases`"):
        shipping.read_cases(path, prepare([structs.replace(ASKED, random=41)]))


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"nonsense"])
def test_a_damaged_file_is_named(tmp_path, content):
    """Truncated or foreign files are the course's fault, in one sentence."""
    path = tmp_path / "cases.npz"
    path.write_bytes(content)

    with pytest.raises(shipping.BadCasesFile, match="the file is damaged"):
        shipping.read_cases(path, prepare([ASKED]))


def test_a_file_with_objects_in_it_is_not_unpickled(tmp_path):
    """Arrays of objects are refused instead of loaded."""
    path = tmp_path / "cases.npz"
    np.savez(path, index=np.array([{"a": 1}], dtype=object))

    with pytest.raises(shipping.BadCasesFile, match="allow_pickle"):
        shipping.read_cases(path, prepare([ASKED]))


def test_missing_and_huge_files_are_named(tmp_path):
    """Neither is opened."""
    huge = tmp_path / "huge.npz"
    with huge.open("wb") as file:
        file.truncate(shipping.MAX_FILE_BYTES + 1)

    with pytest.raises(shipping.BadCasesFile, match="missing; `grade selfcheck --write-cases` makes it"):
        shipping.read_cases(tmp_path / "none.npz", prepare([ASKED]))
    with pytest.raises(shipping.BadCasesFile, match="larger than 50,000,000 bytes"):
        shipping.read_cases(huge, prepare([ASKED]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def g(): pass", r"defines no function f\(\)"),
        ("1 / 0", "fails while loading .ZeroDivisionError"),
        ("def f(image): return image[9]", "it fails .IndexError"),
        ("def f(image):\n    image[:] = 9\n    return image", "it changes its arguments"),
        ("def f(image): return image + 1", "it gives .*, but the case says"),
    ],
)
def test_a_wrong_reference_is_named(tmp_path, text, message):
    """A reference that can't be used, or contradicts a written answer, is the course's fault."""
    path = tmp_path / "reference.py"
    path.write_text(text)
    case = cases.build_case({"image": [[1, 2]], "gives": [[1, 2]]}, {"image": ARGUMENTS["image"]}, "x")

    with pytest.raises(BadReference, match=message):
        ReferenceFunction(path, "f").compute_expected(case)
