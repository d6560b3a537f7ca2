"""What the words and codes in messages mean, as data: findings, what points rest on."""

from __future__ import annotations

from types import MappingProxyType

# Why a file was not run. code: (what is wrong, how to mend it)
FINDING_MEANINGS = MappingProxyType({
    "S001": ("the file has no code", "save it in your editor, then hand in the saved file"),
    "S002": ("the file isn't text", "hand in the .py file or the notebook itself, not a picture, archive or document"),
    "S003": ("the file's text isn't in UTF-8", "save it as UTF-8; most editors offer that under “Save with encoding”"),
    "S004": ("the file holds something other than Python", "download the raw file, not the page that shows it"),
    "S005": ("the notebook is damaged", "open it in Jupyter or Colab, save it there, and hand it in again"),
    "S006": ("the notebook isn't in Python", "choose a Python 3 kernel"),
    "S007": ("the file is too large", "clear the notebook's outputs, and keep data out of the file"),
    "S101": ("Python can't read the file", "fix the line in the message; a bracket or quote may be missing before it"),
    "S102": ("the graded function isn't there", "keep its name as in the stub; the nearest name in the file is shown"),
    "S103": ("a place to fill in is still empty", "write your code between YOUR CODE STARTS HERE and YOUR CODE ENDS HERE"),
    "S104": ("the graded function has the wrong arguments", "keep the stub's `def` line"),
    "S105": ("the graded function doesn't return a value in the usual way", "use `return`, without `async` or `yield`"),
    "S106": ("the graded name isn't a function", "define it with `def`, and use other names for other things"),
    "S107": ("the graded function is inside another function or class", "move it to the left margin"),
    "S108": ("TensorFlow 1 names, in a course that accepts TensorFlow 2 only", "change the lines in the message"),
})  # fmt: skip

# What a point rests on, weakest first.
BASIS_MEANINGS = MappingProxyType({
    "reported": "returned by your code, and compared with what was measured",
    "static": "read in the text of your file, without running it",
    "declared": "what your file asked for: its model, its data, its callback",
    "measured": "what the grader found by training and measuring the model itself",
})  # fmt: skip

# The same in two or three words, for one line below a list of checks.
BASIS_LEGEND = MappingProxyType({
    "measured": "measured by the grader",
    "declared": "declared by your file",
    "static": "static: read in your file's text",
    "reported": "reported by your code",
})  # fmt: skip

# Words that reports use. word: what it means
WORD_MEANINGS = MappingProxyType({
    "line": "a line of your file, counted from 1; in a notebook a line of the code cell that is named",
    "epoch": "one pass of the training over all images; Keras counts them from 1, `history.epoch` from 0",
    "accuracy": "the share of images that the network gets right, from 0 to 1: 0.95 is 95 %",
    "val_accuracy": "the accuracy on images that are held back from the training",
    "loss": "how far the network's answers are from the labels; training makes it smaller",
    "batch": "the images that the network sees before it changes its weights once, 32 unless `fit` says otherwise",
    "callback": "an object whose methods Keras calls during a training, such as `on_epoch_end` after each epoch",
    "made-up training": "invented figures of a training, epoch by epoch, on which your callback is tried before the real training",
    "threshold": "the accuracy that the exercise asks of a training, and at which your callback has to stop it",
    "curve": "the figures of a training, epoch by epoch",
    "seed": "the number from which the grader draws a network's first weights: the same seed gives the same training",
    "hint": "what to look at; `grade hint EXERCISE` shows one more each time",
    "input": "the arguments with which your function was called when it went wrong",
    "expected": "what the right answer would have been",
    "got": "what came instead",
    "why": "what keeps the check from being met: start here",
    "not judged": "the check couldn't be looked at, mostly because an earlier one comes first",
    "points": "a check that is met earns its points; the pass mark is a share of all of them",
    "open": "a place of the stub that has no code yet",
    "stub": "the file that you start from, with `...` in the places to fill",
    "parameters": "the weights of a model that training changes, as `model.summary()` counts them",
    "replayed": "the same training was done before, so its figures are shown again at once",
    "notes": "remarks that cost nothing, such as old names and their spelling today",
})  # fmt: skip

# The marks of reports. status: what it means
STATUS_MEANINGS = MappingProxyType({
    "passed": "the check is met",
    "failed": "the check is not met, so its points are lost",
    "skipped": "the check couldn't be judged; the report says why",
    "error": "the grader or the machine failed; it costs no points",
})  # fmt: skip
