"""What changed since TensorFlow 1, or where a file runs, for errors whose own words don't say it. Imports nothing heavy."""

from __future__ import annotations

import re

# An error of each kind (as `Type: text`), what tells the kind, and what to tell the student; the first that fits counts.
ERROR_HINTS: tuple[tuple[str, str, str], ...] = (
    ("ModuleNotFoundError: No module named 'tensorflow.examples'",
     r"\b(?:ModuleNotFound|Import|Attribute)Error: .*(?:tensorflow\.examples|\binput_data\b)",
     "TF 2 has no `tensorflow.examples`. Load the data with `tf.keras.datasets.mnist.load_data()`."),
    ("AttributeError: module 'tensorflow' has no attribute 'contrib'",
     r"\b(?:ModuleNotFound|Import|Attribute)Error: .*(?:tensorflow\.contrib|no attribute 'contrib')",
     "TF 2 has no `tf.contrib`. What you need of it is in `tf.keras`."),
    ("RuntimeError: tf.placeholder() is not compatible with eager execution.",
     r"module 'tensorflow' has no attribute '(placeholder|Variable_scope|get_collection|global_variables)'"
     r"|tf\.placeholder\(\) is not compatible with eager",
     "TF 2 has no graph to fill: pass the arrays to `model.fit(...)`, without placeholders or sessions."),
    ("AttributeError: module 'tensorflow._api.v2.train' has no attribute 'piecewise_constant'",
     r"module 'tensorflow(?:\._api\.v2)?[\w.]*' has no attribute '(\w+)'",
     "This is a TF 1 name that TF 2 moved or removed. Look for it in `tf.keras`, or write `tf.compat.v1.{0}`."),
    ("ModuleNotFoundError: No module named 'keras.contrib'",
     r"No module named 'keras\.(\S+)'",
     "Keras 3 has no module `keras.{0}`; what was in it is in `tf.keras.layers`, `tf.keras.models` or `tf.keras.utils`."),
    ("EOFError: EOF when reading a line",
     r"EOFError: EOF when reading a line|invalid literal for int\(\) with base 10: ''|could not convert string to float: ''",
     "`input()` asks for something at the keyboard, but files are graded without a keyboard. Write the value into the file."),
    ("ValueError: Unrecognized data type: x= (of type <class 'Silent'>)",
     r"<class 'Silent'>|'Silent' (?:object|and)|and 'Silent'",
     "This comes from a package that isn't installed on the grading machine; see the notes. The exercise needs only "
     "TensorFlow and NumPy."),
    ("ModuleNotFoundError: No module named 'sklearn'",
     r"No module named '(\w+)",
     "The package `{0}` isn't installed on the grading machine. The exercise needs only TensorFlow and NumPy."),
    ("ValueError: cannot reshape array of size 47040000 into shape (70000,28,28,1)",
     r"cannot reshape array of size (\d+)",
     "The numbers in `reshape` must multiply to the size of the array: 60,000 training images of 28 x 28 are "
     "`reshape(60000, 28, 28, 1)`, the 10,000 test images `reshape(10000, 28, 28, 1)`."),
    ("UFuncTypeError: Cannot cast ufunc 'divide' output from dtype('float64') to dtype('uint8')",
     r"Cannot cast ufunc '\w+' output",
     "`images /= 255` can't turn whole numbers into fractions in place: write `images = images / 255.0`."),
    ("TypeError: only integer scalar arrays can be converted to a scalar index",
     r"only integer scalar arrays can be converted",
     "This needs a whole number, not an array. In `reshape` write `x.shape[0]` for the number of images, not `x[0]`."),
    ('ValueError: Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3.',
     r"expected min_ndim=4, found ndim=3|incompatible with the layer: expected .*ndim=4",
     "A convolution takes images with a last axis for the colour: `images.reshape(60000, 28, 28, 1)` before `fit`, and "
     "`input_shape=(28, 28, 1)` in the model."),
    ("ValueError: Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=(32,), output.shape=(32, 28, 10)",
     r"output\.shape=\(\w+, \w+, \w+",
     "The model gives a whole grid of numbers for each image, not one row of 10: put `tf.keras.layers.Flatten()` before the "
     "first `Dense` layer."),
    ("ValueError: Arguments `target` and `output` must have the same rank (ndim).",
     r"Dimensions must be equal.*compile_loss|`target` and `output` must have the same|`output` must have rank \(ndim\) `target|Shapes \(.*\) and \(.*\) are incompatible",
     "The loss doesn't fit the labels: labels that are class numbers need `sparse_categorical_crossentropy`, one-hot labels "
     "`categorical_crossentropy`."),
    ("ValueError: Input 0 with name 'None' of layer 'conv2d_1' is incompatible with the layer: expected axis -1 of input shape "
     "to have value 1, but received input with shape (None, 13, 13, 32)",
     r"^ValueError: Input 0 .*to have value \d+, but received input with shape \(None|Sequential model should have unique names",
     "Is the same layer used twice in the model, as after `[Conv2D(...)] * 2`? Make a new layer for each "
     "place, in a loop."),
    ('ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 784',
     r"incompatible with the layer|Input 0 of layer|Invalid input shape for input",
     "The shape of the images given to `fit` isn't the `input_shape` of the model."),
    ("ValueError: Computed output size would be zero or negative.",
     r"output size would be zero or negative|[Nn]egative dimension size",
     "The filter or the pooling window is larger than what is left of the image at that point."),
    ("InvalidArgumentError: Received a label value of 9 which is outside the valid range of [0, 9).",
     r"Received a label value of (-?\d+) which is outside the valid range",
     "The labels, here {0}, count the classes from 0, but the last layer has fewer units than there are classes: for the "
     "classes 0 to 9 it is `Dense(10, activation='softmax')`."),
    ("ValueError: not enough values to unpack (expected 4, got 2)",
     r"not enough values to unpack \(expected 4, got 2\)",
     "`load_data()` gives two pairs: `(x_train, y_train), (x_test, y_test) = ...load_data()`."),
    ("TypeError: unsupported operand type(s) for /: 'tuple' and 'float'",
     r"unsupported operand type\(s\) for /=?: 'tuple' and",
     "A pair can't be divided. `load_data()` gives two pairs of arrays: `(x_train, y_train), (x_test, y_test) = ...load_data()`."),
    ("TypeError: cannot unpack non-iterable function object",
     r"cannot unpack non-iterable (?:function|builtin_function_or_method|method) object",
     "This is the function itself, not its result: call it with brackets, as in `load_data()`."),
    ("AttributeError: 'dict' object has no attribute 'accuracy'",
     r"'dict' object (?:has no attribute '(?:val_)?(?:acc|loss)\w*'|is not callable)",
     "`logs` is a dict; get its figures with square brackets: `logs['accuracy']`."),
    ("TypeError: 'History' object is not subscriptable",
     r"'History' object (?:has no attribute '(?:val_)?(?:acc|loss)\w*'|is not subscriptable)",
     "`fit` returns an object; its figures are in `history.history`, a dict of lists: `history.history['accuracy'][-1]`."),
    ("RecursionError: maximum recursion depth exceeded",
     r"RecursionError", "A function calls itself without end, or two functions call each other."),
    ("TypeError: '>' not supported between instances of 'str' and 'float'",
     r"'[<>]=?' not supported between instances of '(?:str' and '(?:float|int)|(?:float|int)' and 'str)'",
     "A text is compared with a number. The figure is `logs['accuracy']`, and the number has no quotes."),
    ("TypeError: too many positional arguments",
     r"TypeError: too many positional arguments",
     "A layer that joins tensors takes them in one list: `Add()([X, X_shortcut])`."),
    ("KeyError: 'accurary'",
     r"\bKeyError: '((?:val_)?(?:\w+_)?(?:acc|acc+[ur]\w*y|loss))'",
     "There is no `{0}` in the logs. `logs` and `history.history` hold `loss`, with `metrics=['accuracy']` in `compile` also "
     "`accuracy`, and with `validation_data=` the figures that begin with `val_`."),
    ("TypeError: '>' not supported between instances of 'NoneType' and 'float'",
     r"TypeError: '>=?' not supported between instances of 'NoneType' and",
     "`logs.get(...)` returned None: the logs have no figure of that name. With `metrics=['accuracy']` in `compile` it is "
     "`logs.get('accuracy')`."),
    ("ValueError: You must call `compile()` before calling `fit()`.",
     r"You must call `compile\(\)`", "Call `model.compile(...)` before `model.fit(...)`."),
    ("NameError: name 'Ture' is not defined",
     r"NameError: name '([Tt]rue|TRUE|[Ff]alse|FALSE|Ture|ture|Flase|[Nn]one|NONE|null)' is not defined",
     "`{0}` isn't Python: the words are `True`, `False` and `None`, with a capital letter."),
    ("NameError: name 'mnist_data' is not defined",
     r"NameError: name '(\w+)' is not defined",
     "Nothing before this line gives `{0}` a value. Is it spelt as above, and is the cell that defines it in the file?"),
    ("UnboundLocalError: cannot access local variable 'path' where it is not associated with a value",
     r"UnboundLocalError: .*'(\w+)'",
     "`{0}` gets its value only later in this function. Give it one first, "
     "or use another name."),
    ("TypeError: Stop.on_epoch_end() takes 2 positional arguments but 3 were given",
     r"\bTypeError: (?:\w+\.)*on_(?:epoch|train|test|predict|batch)\w*\(\) takes (?:from \d+ to )?(\d+) positional arguments? but", "Keras calls `on_epoch_end(self, epoch, logs)`; the first argument is `self`."),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'labels.csv'",
     r"FileNotFoundError|No such file or directory",
     "Only the file itself is graded, in an empty folder; other files of your machine are not there."),
    ("Exception: URL fetch failure on https://example.org/a.zip",
     r"URL fetch failure|urlopen error|Name or service not known|Temporary failure in name resolution",
     "There is no network where files are graded. `tf.keras.datasets` has the data of the exercise."),
    ("ValueError: Only instances of `keras.Layer` can be added to a Sequential model. Received: [<Dense>] (of type <class 'list'>)",
     r"Only instances of `keras\.Layer` can be added[^\n]*<class '(?:list|tuple)'>",
     "`model.add(...)` takes one layer at a time; a list of layers goes into `Sequential([...])`."),
    ("ValueError: Argument `name` must be a string and cannot contain character `/`. Received: name=<Dense name=dense, built=False>",
     r"Argument `name` must be a string[^\n]* name=<\w+ name=",
     "`Sequential` takes its layers as one list, in square brackets: `Sequential([layer, layer])`."),
    ("TypeError: relu() missing 1 required positional argument: 'features'",
     r"(?:relu|softmax|sigmoid|tanh)\(\) missing 1 required|TypeError: Missing required positional argument$",
     "Name the activation, don't call it: `activation='relu'` or `activation=tf.nn.relu`, with no brackets after it."),
    ("ValueError: Only instances of `keras.Layer` can be added to a Sequential model.",
     r"Only instances of `keras\.Layer` can be added",
     "Give `Sequential` layers of `tf.keras.layers`, each made with brackets: `tf.keras.layers.Flatten()`."),
)  # fmt: skip


def find_error_hint(said: str) -> str | None:
    """What to tell the student beside an error; None where its own words have to do.

    >>> find_error_hint("ModuleNotFoundError: No module named 'sklearn'")
    "The package `sklearn` isn't installed on the grading machine. The exercise needs only TensorFlow and NumPy."
    """
    for _, pattern, text in ERROR_HINTS:
        if (match := re.search(pattern, said)) is not None:
            return text.format(*((match.group(1) or "")[:60] for _ in match.groups()[:1]))
    return None
