import pytest

from grader.explaining import EXPLANATIONS, explanation


@pytest.mark.parametrize(("said", "_pattern", "text"), EXPLANATIONS)
def test_each_explanation_is_reached(said, _pattern, text):
    """An error of its kind gets this explanation and no earlier one, with the name that the error gives."""
    told = explanation(said) or ""

    assert told.startswith(text.split("{0}")[0])
    assert "{" not in told


def test_labels_that_dont_fit_the_loss_have_two_errors():
    """One-hot labels with the sparse loss, and class numbers with the other one."""
    sparse = "ValueError: Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=(32, 10)"
    other = "ValueError: Arguments `target` and `output` must have the same rank (ndim)."
    assert (explanation(sparse) or "").startswith("The loss doesn't fit the labels")
    assert explanation(sparse) == explanation(other)


def test_an_error_that_says_it_all_gets_none():
    """Its own words have to do."""
    assert explanation("ZeroDivisionError: division by zero") is None
