import pytest

from grader.messages.error_hints import ERROR_HINTS, find_error_hint


@pytest.mark.parametrize(("said", "_pattern", "text"), ERROR_HINTS)
def test_each_explanation_is_reached(said, _pattern, text):
    """An error of its kind gets this explanation and no earlier one, with the name that the error gives."""
    told = find_error_hint(said) or ""

    assert told.startswith(text.split("{0}")[0])
    assert "{" not in told


def test_labels_that_dont_fit_the_loss_have_two_errors():
    """One-hot labels with the sparse loss, and class numbers with the other one."""
    sparse = "ValueError: Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=(32, 10)"
    other = "ValueError: Arguments `target` and `output` must have the same rank (ndim)."
    assert (find_error_hint(sparse) or "").startswith("The loss doesn't fit the labels")
    assert find_error_hint(sparse) == find_error_hint(other)


def test_an_error_that_says_it_all_gets_none():
    """Its own words have to do."""
    assert find_error_hint("ZeroDivisionError: division by zero") is None


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("NameError: name 'input_data' is not defined", "tensorflow.examples"),
        ("KeyError: 'input_data'", "tensorflow.examples"),
        ("NameError: name 'contrib' is not defined", "tf.contrib"),
        ("TypeError: prepare() takes 1 positional argument but 2 were given", "on_epoch_end"),
        ("TypeError: Loader.load() takes from 1 to 2 positional arguments but 3 were given", "on_epoch_end"),
        ("KeyError: 'account'", "in the logs"),
        ("KeyError: 'floss'", "in the logs"),
        ("KeyError: 'access'", "in the logs"),
        ("KeyError: 'glossary'", "in the logs"),
        ("KeyError: 'vaccine'", "in the logs"),
    ],
)
def test_advice_on_one_error_isnt_given_on_another(said, never):
    """A word of an error proves nothing: the kind of the error and the place in it count."""
    assert never not in (find_error_hint(said) or "")


@pytest.mark.parametrize("key", ["acc", "val_acc", "accurary", "accuary", "val_accurcy", "loss", "val_loss", "sparse_categorical_accuracy"])
def test_a_figure_that_isnt_logged_is_known_however_it_is_misspelt(key):
    """The usual slips, with and without `val_`."""
    assert (find_error_hint(f"KeyError: '{key}'") or "").startswith(f"There is no `{key}` in the logs")
