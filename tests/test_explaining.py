import pytest

from grader.explaining import EXPLANATIONS, explanation


@pytest.mark.parametrize(("said", "_pattern", "text"), EXPLANATIONS)
def test_each_explanation_is_reached(said, _pattern, text):
    """An error of its kind gets this explanation and no earlier one, with the name that the error gives."""
    told = explanation(said) or ""

    assert told.startswith(text.split("{0}")[0])
    assert "{" not in told


def test_an_error_that_says_it_all_gets_none():
    """Its own words have to do."""
    assert explanation("ZeroDivisionError: division by zero") is None
