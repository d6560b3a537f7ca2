import pytest

from grader.explaining import EXPLANATIONS, explanation

SAID = [
    "ModuleNotFoundError: No module named 'tensorflow.examples'",
    "AttributeError: module 'tensorflow' has no attribute 'contrib'",
    "RuntimeError: tf.placeholder() is not compatible with eager execution.",
    "AttributeError: module 'tensorflow._api.v2.train' has no attribute 'piecewise_constant'",
    "ModuleNotFoundError: No module named 'keras.contrib'",
    "EOFError: EOF when reading a line",
    "ModuleNotFoundError: No module named 'sklearn'",
    "ValueError: cannot reshape array of size 47040000 into shape (70000,28,28,1)",
    'ValueError: Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3.',
    'ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 784',
    "KeyError: 'val_acc'",
    "TypeError: '>' not supported between instances of 'NoneType' and 'float'",
    "ValueError: You must call `compile()` before calling `fit()`.",
    "TypeError: callbacks=[Cb] gives fit the class itself; make an object of it: callbacks=[Cb()]",
    "NameError: name 'mnist_data' is not defined",
    "UnboundLocalError: cannot access local variable 'path' where it is not associated with a value",
    "TypeError: Stop.on_epoch_end() takes 2 positional arguments but 3 were given",
    "FileNotFoundError: [Errno 2] No such file or directory: 'labels.csv'",
    "Exception: URL fetch failure on https://example.org/a.zip",
    "ValueError: Only instances of `keras.Layer` can be added to a Sequential model.",
]  # fmt: skip


@pytest.mark.parametrize(("said", "row"), list(zip(SAID, EXPLANATIONS, strict=True)))
def test_each_explanation_is_reached(said, row):
    """An error of its kind gets this explanation and no earlier one, with the name that the error gives."""
    assert (explanation(said) or "").startswith(row[1].split("{0}")[0])
    assert "{" not in (explanation(said) or "")


def test_an_error_that_says_it_all_gets_none():
    """Its own words have to do."""
    assert explanation("ZeroDivisionError: division by zero") is None
