"""One training, as plain Keras runs it: `model.fit` with a bridge to the student's callbacks."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import keras

from grader.protocol.orders import DEFAULT_BATCH, Answer, Event, Hook, Order, Trained
from grader.records.run import Architecture
from grader.trainer.order.model_size import PASSES_PER_STEP
from grader.trainer.training import trajectory
from grader.trainer.training.feeding import Array, OrderArrays, PipelinePasses

# Many steps in one call: TensorFlow does that by itself.
ON_JAX = keras.backend.backend() == "jax"
scanning: Any = importlib.import_module("grader.trainer.training.jax_training") if ON_JAX else None
logits: Any = importlib.import_module("grader.trainer.training.jax_training") if ON_JAX else None

MAX_STEPS_PER_CALL = 125
MAX_CALL_S = 0.5
CPU_MACS_PER_S = 2e10
MAX_SNAPSHOT_BYTES = 500_000_000
# How often a training without news gives a sign of work.
SIGN_OF_WORK_S = 1.0

AskCallbacks = Callable[[Event, list[Array]], Answer]


@dataclass(slots=True)
class InspectedOrder:
    """An order that was inspected and matched, and may be trained.

    `reordered` says that its images stand in another order than the dataset's.
    """

    order: Order
    arrays: OrderArrays
    architecture: Architecture
    reordered: bool = False

    @property
    def shuffles_custom_order(self) -> bool:
        """Whether these are arrays in an order of the student's own: they are shuffled, whatever `shuffle` says."""
        return self.reordered and not self.order.fit.batches


class Recording(Protocol):
    """Receives each hook of a training, and the answer to it."""

    def record_event(self, event: Event) -> None: ...
    def record_epoch(self, model: Any, seconds: float) -> None: ...
    def record_answer(self, event: Event, answer: Answer) -> None: ...


@dataclass(slots=True, kw_only=True)
class Training:
    """What `run_fit` needs besides the model.

    `from_epoch` counts whole epochs that the model has behind it (a stored training that goes on); `limit_s` is wall
    time from the first step; `snapshots` keeps weights of epochs, for callbacks that go back to one; `shuffled` is the
    shuffling's state that the first epoch begins with, where it is another's; `at_work` is called every second
    while steps run, with the seconds that don't count as training because they went into compiling.
    """

    opened: InspectedOrder
    ask: AskCallbacks
    next_pass: Callable[[], Any]
    at_work: Callable[[float], None]
    limit_s: float
    recording: Recording | None = None
    from_epoch: int = 0
    snapshots: dict[int, list[Array]] = field(default_factory=dict)
    shuffled: list[Array] = field(default_factory=list)


class CallbackBridge(keras.callbacks.Callback):  # type: ignore[misc]
    """Hands each hook to the student's side, waits for its answer and obeys it; keeps the time limit."""

    def __init__(self, training: Training, passes: PipelinePasses | None) -> None:
        super().__init__()
        self.training = training
        self.order = training.opened.order
        self.passes = passes
        self.start = self.signed = time.monotonic()
        self.deadline = math.inf
        self.out_of_time = False
        self.stopped_by_callback = False
        self.staying: list[Any] = []
        self.steps_done = 0  # in this epoch, where one call runs one step

    def _send_hook(self, hook: Hook, index: int = 0, logs: Any = None, weights: list[Array] | None = None) -> None:
        plain = {key: float(value) for key, value in (logs or {}).items()}
        ran_out = hook == "epoch_end" and self._has_run_out()
        event = Event(hook=hook, index=index, logs=plain, steps=self.params.get("steps"), ran_out=ran_out)
        recording = self.training.recording
        if recording is not None:
            recording.record_event(event)
            if hook == "epoch_end":
                recording.record_epoch(self.model, time.monotonic() - self.start)
        answer = self.training.ask(event, weights or [])
        if recording is not None:
            recording.record_answer(event, answer)
        self._apply_answer(answer)

    def _has_run_out(self) -> bool:
        """Whether the epoch had fewer steps than ordered: Keras ends it where the data ends, also in the middle."""
        if self.passes is not None:
            return self.passes.ran_out
        steps = self.order.fit.steps_per_epoch
        single = self.model.steps_per_execution == 1 and not self.model.stop_training
        return steps is not None and single and self.steps_done < steps

    def _apply_answer(self, answer: Answer) -> None:
        if answer.stop:
            self.stopped_by_callback = True
            self.model.stop_training = True
        if answer.learning_rate is not None:
            self.model.optimizer.learning_rate = answer.learning_rate
        if answer.restore is not None and answer.restore in self.training.snapshots:
            self.model.set_weights(self.training.snapshots[answer.restore])

    def on_train_begin(self, logs: Any = None) -> None:
        for each in self.staying:
            each.begin()
        trajectory.restore_shuffling_state(
            self.training.shuffled
        )  # here, since on JAX what `fit` does before may draw an order
        self._send_hook("train_begin")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.steps_done = 0
        self._send_hook("epoch_begin", epoch)
        if self.passes is not None:
            self.passes.begin_epoch()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.order.batch_hooks:
            self._send_hook("train_batch_begin", batch)

    def _record_step_end(self) -> None:
        """Keeps the time limit, which counts from the end of the first step, and gives signs of work."""
        now = time.monotonic()
        # The first step includes compiling, which is not the student's time.
        if self.deadline == math.inf:
            self.deadline = now + self.training.limit_s
            self.training.at_work(now - self.start)
        # Validation heeds a flag of its own.
        elif now > self.deadline:
            self.out_of_time = self.model.stop_training = self.model.stop_evaluating = True
        elif now - self.signed > SIGN_OF_WORK_S:
            self.training.at_work(0.0)
            self.signed = now

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._record_step_end()
        self.steps_done += 1
        if self.order.batch_hooks and not self.out_of_time:
            self._send_hook("train_batch_end", batch, logs)

    def on_test_begin(self, logs: Any = None) -> None:
        if not self.out_of_time:
            self._send_hook("test_begin")

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.order.batch_hooks and not self.out_of_time:
            self._send_hook("test_batch_begin", batch)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._record_step_end()
        if self.order.batch_hooks and not self.out_of_time:
            self._send_hook("test_batch_end", batch, logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self.out_of_time:
            self._send_hook("test_end", 0, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        # Figures of a part of an epoch don't count.
        if self.out_of_time:
            return
        # Of a training that is never replayed, the trainer keeps the best epoch's weights for itself.
        wanted = self.order.weights_each_epoch or self.training.recording is None
        weights = self.model.get_weights() if wanted else []
        snapshots = self.training.snapshots
        if self.order.weights_each_epoch and (len(snapshots) + 1) * sum(w.nbytes for w in weights) <= MAX_SNAPSHOT_BYTES:
            snapshots[epoch] = weights
        self._send_hook("epoch_end", epoch, logs, weights)

    def on_train_end(self, logs: Any = None) -> None:
        self._send_hook("train_end", 0, {})


def run_fit(model: Any, training: Training) -> Trained:
    """Runs `fit` as ordered; the arrays are handed over to Keras."""
    opened = training.opened
    order, fit = opened.order, opened.order.fit
    passes = PipelinePasses(order, opened.arrays, training.next_pass) if fit.batches else None
    bridge = CallbackBridge(training, passes)
    model.steps_per_execution = steps = pick_steps_per_execution(opened)
    # The model may hold a function that was compiled for another number of steps.
    model.make_train_function(force=True)
    bridge.start = start = time.monotonic()
    arguments = {
        **_build_fit_data(opened, passes),
        "validation_data": opened.arrays.build_validation_data(order.x_names),
        "validation_batch_size": fit.validation_batch_size,
        "validation_steps": fit.validation_steps,
        "class_weight": fit.class_weight,
    }
    scanned = (
        scanning is not None and passes is None and not order.batch_hooks and scanning.should_scan(opened.architecture)
    )
    swapping = []
    if fit.swap_ema != "never":
        swapping, scanned = [keras.callbacks.SwapEMAWeights(swap_on_epoch=fit.swap_ema == "epoch")], False
    if scanned:
        arguments, bridge.staying = scanning.put_on_device(model, arguments, steps)
    try:
        model.fit(
            **arguments,
            epochs=fit.epochs,
            initial_epoch=fit.initial_epoch + training.from_epoch,
            validation_freq=fit.validation_freq,
            callbacks=[bridge, *swapping],  # after what is recorded, so that a stored epoch can be gone on with
            verbose=0,
        )
    finally:
        if scanned:
            scanning.restore_keras_functions(model)
    stopped_by = "limit" if bridge.out_of_time else "callback" if bridge.stopped_by_callback else "epochs"
    return Trained(stopped_by=stopped_by, seconds=time.monotonic() - start)  # type: ignore[arg-type]


def _build_fit_data(opened: InspectedOrder, passes: PipelinePasses | None) -> dict[str, Any]:
    fit, arrays = opened.order.fit, opened.arrays
    if passes is not None:
        return {"x": passes, "shuffle": False}
    return {
        "x": arrays.find_by_role("x", opened.order.x_names),
        "y": arrays.find_by_role("y"),
        "sample_weight": arrays.find_by_role("sample_weight"),
        "batch_size": fit.batch_size,
        # An order of the student's own could carry the labels, so training never keeps it.
        "shuffle": fit.shuffle or opened.shuffles_custom_order,
        "steps_per_epoch": fit.steps_per_epoch,
        "validation_split": fit.validation_split,
    }


def pick_steps_per_execution(opened: InspectedOrder) -> int:
    """Steps that one call of the compiled training function runs: many for small models, so that Python costs little.

    Kept so low that a call lasts about half a second at most, since stops and limits act between calls.
    """
    # Where an epoch ends before the data does, a call would run on, and Keras counts what is left in single steps.
    if opened.order.batch_hooks or not _ends_with_data(opened):
        return 1
    batch = opened.order.fit.batch_size or max(opened.order.fit.batches or [DEFAULT_BATCH])
    step_s = PASSES_PER_STEP * opened.architecture.products * batch / CPU_MACS_PER_S
    return max(1, min(MAX_STEPS_PER_CALL, int(MAX_CALL_S / max(step_s, 1e-9))))


def _ends_with_data(opened: InspectedOrder) -> bool:
    """Whether an epoch has as many steps as the arrays have batches; a pass of a pipeline is cut to its epoch."""
    fit, x = opened.order.fit, opened.arrays.by_role.get("x", [])
    if fit.steps_per_epoch is None or not x:
        return True
    examples = int(len(x[0]) * (1.0 - fit.validation_split))
    return fit.steps_per_epoch == math.ceil(examples / (fit.batch_size or DEFAULT_BATCH))
