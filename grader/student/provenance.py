"""Where the weights of the student's models come from: fresh, given out by the trainer in this run, or brought from elsewhere.

The weights themselves never go to the trainer. An order only says which of the trainer's own a model goes on with.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import keras
import numpy as np

from grader.protocol.orders import MAX_OPTIMIZER_VALUES, Origin
from grader.student.front import Front

# On a variable that was set: the line, 0 where it isn't the student's, or `BY_TRAINER`.
SET_AT = "_grade_set_at"
BY_TRAINER = -1
# The digest of what it held before that for the first time.
FIRST = "_grade_first"
INSTEAD = (
    "go on with weights that `fit` gave in this file: the model itself, a copy with its `get_weights()`, or a file that "
    "`save`, `save_weights` or `ModelCheckpoint` wrote"
)


class Provenance:
    """What is known of weights, by their digest."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.taking = False
        self.handouts: list[tuple[int, int]] = []  # of each, the model, and how many steps its optimizer had done
        self.given: dict[bytes, list[int]] = {}
        self.initial: dict[bytes, int] = {}
        self.last: dict[int, tuple[bytes, int]] = {}  # by model, the weights and steps of its last handout

    def watch_variables(self) -> None:
        """Notes the line of whatever sets a variable from now on, but for `take_weights`."""
        kind = keras.Variable
        plain_assign, plain_apply = kind.assign, keras.optimizers.Optimizer.apply

        @functools.wraps(plain_assign)
        def assign(variable: Any, value: Any) -> Any:
            self._note_line([variable])
            return plain_assign(variable, value)

        @functools.wraps(plain_apply)
        def apply(optimizer: Any, grads: Any, trainable_variables: Any = None) -> Any:
            # TensorFlow's optimizers write past `assign`.
            self._note_line(trainable_variables or optimizer._trainable_variables)
            return plain_apply(optimizer, grads, trainable_variables)

        kind.assign = assign
        keras.optimizers.Optimizer.apply = apply

    def _note_line(self, variables: Sequence[Any]) -> None:
        if self.taking:
            return
        line = self.front.find_line() or 0
        for variable in variables:
            if not hasattr(variable, SET_AT):
                with contextlib.suppress(Exception):  # while TensorFlow traces a function, there is nothing to read
                    setattr(variable, FIRST, compute_digest([variable]))
            setattr(variable, SET_AT, line)

    def note_initial(self, number: int, variables: Sequence[Any]) -> None:
        """Notes the weights with which a model begins, if nobody has set them."""
        if variables and _is_fresh(variables):
            self.initial.setdefault(compute_digest(variables), number)

    @contextlib.contextmanager
    def keep_weights(self, model: Any) -> Iterator[None]:
        """Lets something train the model here, and puts back what its variables and those of its optimizer held before."""
        variables = [*model.variables, *getattr(model.optimizer, "variables", [])] if model.built else []
        before = [variable.numpy() for variable in variables]
        was, self.taking = self.taking, True
        try:
            yield
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
            self.taking = was

    def take_weights(self, number: int, model: Any, variables: Sequence[Any], weights: Sequence[Any], steps: int) -> bytes:
        """Gives a model the weights that the trainer gave out next, after so many more steps of its optimizer."""
        self.taking = True
        try:
            for variable, value in zip(variables, weights, strict=True):
                variable.assign(value)
                setattr(variable, SET_AT, BY_TRAINER)
            counted = _count_steps(model, steps)
        finally:
            self.taking = False
        digest = compute_digest(weights)
        self.given.setdefault(digest, []).append(len(self.handouts))
        self.last[number] = (digest, counted)
        self.handouts.append((number, counted))
        return digest

    def find_origin(self, number: int, model: Any, variables: Sequence[Any]) -> Origin | None:
        """Where a model's weights come from; None: they are fresh, or those of its own last training.

        Ends the run where they come from elsewhere.
        """
        trained = number in self.last
        if not variables or (not trained and _is_fresh(variables)):
            return None
        digest = compute_digest(variables)
        if trained and digest == self.last[number][0]:
            return None
        if digest in self.given:
            return self._find_handout(number, model, self.given[digest])
        if digest not in self.initial and (trained or not _is_copy_of_fresh(model, digest)):
            self._refuse(variables)
        # A model that was never trained begins anew, as the one of whose fresh weights it has a copy.
        return Origin(initial=self.initial[digest]) if trained else None

    def _refuse(self, variables: Sequence[Any]) -> NoReturn:
        self.front.report_unsupported(
            "the model's weights were set here, and they are neither fresh nor what a training in this file gave",
            INSTEAD,
            max(0, *(getattr(variable, SET_AT, 0) for variable in variables)),
        )

    def _find_handout(self, number: int, model: Any, alike: list[int]) -> Origin:
        """The handout of the weights, and that of the optimizer which goes on with them; None: its own, or a fresh one."""
        steps = int(model.optimizer._iterations)
        if steps == 0 or (number in self.last and steps == self.last[number][1]):
            return Origin(handout=alike[-1])
        owners = {self.handouts[handout][0] for handout in alike}
        same = [at for at, (owner, counted) in enumerate(self.handouts) if owner in owners and counted == steps]
        # The file's own, if there is one: several trainings may have come to the same weights.
        found = [handout for handout in alike if handout in same] or same
        if not found:
            self.front.report_unsupported("the state of the model's optimizer was set by other code than a training in this file", INSTEAD)
        return Origin(handout=alike[-1] if found[-1] not in alike else found[-1], optimizer=found[-1])


def compute_digest(arrays: Sequence[Any]) -> bytes:
    """The digest of weights or variables, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(np.ascontiguousarray(array.numpy() if isinstance(array, keras.Variable) else array).tobytes())
    return digest.digest()


def _is_fresh(variables: Sequence[Any]) -> bool:
    """Whether these hold what they were made with: nobody has set them, or it was put back."""
    touched = [variable for variable in variables if hasattr(variable, SET_AT)]
    return all(getattr(variable, FIRST, b"") == compute_digest([variable]) for variable in touched)


def _is_copy_of_fresh(model: Any, digest: bytes) -> bool:
    """Whether another model, which nobody has touched, has the same weights: a copy begins as that one does."""
    others = [one for one in gc.get_objects() if issubclass(type(one), keras.Model) and one is not model and one.built]
    return any(_is_fresh(one.weights) and compute_digest(one.weights) == digest for one in others)


def _count_steps(model: Any, steps: int) -> int:
    """Lets the student's optimizer count the trainer's steps, so that a saved model shows that it has been trained."""
    optimizer = model.optimizer
    with contextlib.suppress(Exception):  # an optimizer of the student's own may do anything
        if sum(math.prod(one.shape) for one in model.trainable_variables) <= MAX_OPTIMIZER_VALUES:
            optimizer.build(model.trainable_variables)
        # `iterations` is another number where gradients are accumulated over some steps.
        optimizer._iterations.assign(int(optimizer._iterations) + steps)
        return int(optimizer._iterations)
    return 0
