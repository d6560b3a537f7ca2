"""Replays a stored training to the student's callbacks; trains for real from the point where a callback changes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.protocol.orders import Answer, Event, Trained
from grader.protocol.wire import Begin, Fault, Rejected
from grader.trainer.exhaustion import is_out_of_memory
from grader.trainer.order.checking import parse_model_json
from grader.trainer.order.rebuild import KerasRejected
from grader.trainer.training import trajectory
from grader.trainer.training.compile_settings import keeps_averages
from grader.trainer.training.feeding import Array
from grader.trainer.training.loop import AskCallbacks, InspectedOrder, Training, run_fit
from grader.trainer.training.trajectory import RecordedHook, Recorder, Trajectory, TrajectoryArchive, restore_state

MAX_MESSAGE_CHARS = 4000


class TrajectoryMismatch(Exception):
    """The training was run again and gave other figures than the stored ones."""


@dataclass(slots=True)
class ReplayProgress:
    """How far a replay got: each hook with its answer, whole epochs, and how it ended, if it did."""

    told: list[tuple[RecordedHook, Answer]] = field(default_factory=list)
    epochs: int = 0
    starts: list[int] = field(default_factory=list)
    end: Literal["callback", "epochs"] | None = None
    restored: int | None = None


@dataclass(slots=True, kw_only=True)
class TrainingOutcome:
    """A training, replayed or run: its end, and the model or the weights to build it from."""

    trained: Trained
    weights: list[Array] | None = None
    model: Any = None
    at: int | None = None


class Replay:
    """One order whose training may be known.

    Args:
        make: gives the model, fresh and seeded.
        at_work: as for `Training`.
    """

    def __init__(
        self,
        archive: TrajectoryArchive,
        key: str,
        opened: InspectedOrder,
        begin: Begin,
        ask: AskCallbacks,
        make: Callable[[], Any],
        at_work: Callable[[float], None],
    ) -> None:
        self.archive, self.key, self.at_work = archive, key, at_work
        self.opened, self.begin, self.ask, self.make = opened, begin, ask, make
        self.snapshots: dict[int, list[Array]] = {}
        self.walked = ReplayProgress()
        self.shuffled: list[Array] = []

    def run_training(self) -> TrainingOutcome:
        """The training as the student's callbacks want it.

        Raises:
            TrajectoryMismatch: what had to be run again differs from what was stored; that is dropped.
        """
        known = (self.archive.load_trajectory(self.key) if self.begin.reuse else None) or Trajectory()
        walk = self.walked = self._replay_hooks(known)
        if walk.end is not None:
            done = walk.epochs if walk.restored is None else walk.restored
            weights = self.archive.load_weights(self.key, done)
            # Missing where the trajectory had no room for this epoch; then it is trained.
            if weights is not None:
                seconds = known.epochs[walk.epochs - 1].seconds if walk.epochs else 0.0
                trained = Trained(stopped_by=walk.end, seconds=seconds, replayed=True)
                return TrainingOutcome(trained=trained, weights=weights, at=done)
        return self._train_live(known, walk, self.ask)

    def restore_model(self) -> Any:
        """The model with its optimizer after a replayed training, for another `fit`. Raises: TrajectoryMismatch."""
        known = self.archive.load_trajectory(self.key) or Trajectory()
        if self.walked.restored is None and (model := self._load_stored_model(self.walked.epochs)) is not None:
            return model
        outcome = self._train_live(known, self.walked, self.ask)
        self.shuffled = trajectory.copy_shuffling_state()
        return outcome.model

    def drop_unused_snapshots(self) -> None:
        """Lets go of the weights of epochs to which no callback has gone back."""
        restored = self.walked.restored
        kept = None if restored is None else restored - 1 + self.opened.order.fit.initial_epoch
        self.snapshots = {epoch: weights for epoch, weights in self.snapshots.items() if epoch == kept}

    # ---- telling ----

    def _replay_hooks(self, known: Trajectory) -> ReplayProgress:
        walk, fit = ReplayProgress(), self.opened.order.fit
        if not known.epochs or not all(self._replay_hook(walk, told) for told in known.opening):
            return walk
        for index, epoch in enumerate(known.epochs):
            if fit.initial_epoch + index >= fit.epochs:
                break
            walk.starts.append(len(walk.told))
            for told in epoch.told:
                if told.hook == "epoch_end" and epoch.seconds > self.begin.limit_s:
                    return walk  # it took too long then; now the clock decides
                if not self._replay_hook(walk, told):
                    return walk
            walk.epochs += 1
            if walk.told[-1][1].stop:
                return self._end_replay(walk, "callback")
        return self._end_replay(walk, "epochs") if fit.initial_epoch + walk.epochs >= fit.epochs else walk

    def _replay_hook(self, walk: ReplayProgress, told: RecordedHook) -> bool:
        """Replays one hook; False if the answer changes the training, which then must run for real."""
        weights: list[Array] = []
        if told.hook == "epoch_end" and self.opened.order.weights_each_epoch:
            stored = self.archive.load_weights(self.key, walk.epochs + 1)
            if stored is None:
                return False
            weights = self.snapshots[told.index] = stored
        answer = self.ask(Event(hook=told.hook, index=told.index, logs=told.logs, steps=told.steps), weights)
        walk.told.append((told, answer))
        restored = self._find_restored_epoch(answer)
        # To stop with an earlier epoch's weights, as EarlyStopping does, needs no training: they are stored.
        if restored is not None and answer.stop and told.hook == "epoch_end":
            walk.restored = restored
            return answer.learning_rate is None
        # Only whole epochs are stored, so a stop in the middle of one must be trained.
        stops_within = answer.stop and told.hook != "epoch_end"
        return answer.learning_rate is None and restored is None and not stops_within

    def _find_restored_epoch(self, answer: Answer) -> int | None:
        """The epochs behind the weights that an answer goes back to; only epochs that were replayed are known."""
        if answer.restore is None or answer.restore not in self.snapshots:
            return None
        return answer.restore - self.opened.order.fit.initial_epoch + 1

    def _end_replay(self, walk: ReplayProgress, end: Literal["callback", "epochs"]) -> ReplayProgress:
        """The last hook; a callback may still go back to an earlier epoch's weights."""
        last = RecordedHook(hook="train_end", index=0, logs={}, steps=walk.told[-1][0].steps)
        answer = self.ask(Event(hook=last.hook, index=0, steps=last.steps), [])
        walk.told.append((last, answer))
        walk.end = end
        if (restored := self._find_restored_epoch(answer)) is not None:
            walk.restored = restored
        return walk

    # ---- training on ----

    def _train_live(self, known: Trajectory, walk: ReplayProgress, ask: AskCallbacks) -> TrainingOutcome:
        """Trains from the stored state that the replay came to, else from the beginning; no hook is sent twice."""
        model = self._load_stored_model(walk.epochs) if walk.end is None else None
        begins_at = walk.epochs if model is not None else 0
        spent_s = known.epochs[begins_at - 1].seconds if begins_at else 0.0
        told = list(walk.told)
        if begins_at:
            cut = walk.starts[begins_at] if begins_at < len(walk.starts) else len(walk.told)
            # The new `fit` calls its opening hooks again, then those of its first epoch: both were answered already.
            told = [*walk.told[: walk.starts[0]], *walk.told[cut:]]
        recorder = Recorder(self.archive, self.key, known, begins_at, spent_s)
        training = Training(
            opened=self.opened,
            ask=_KnownAnswers(told, ask),
            next_pass=lambda: None,
            limit_s=max(0.1, self.begin.limit_s - spent_s),
            recording=recorder,
            from_epoch=begins_at,
            snapshots=dict(self.snapshots),
            shuffled=self.shuffled if begins_at else [],
            at_work=self.at_work,
        )
        model = self.make() if model is None else model
        try:
            trained = run_fit(model, training)
        except TrajectoryMismatch:
            self.archive.store.drop_entry(self.key)
            raise
        whole = Trained(stopped_by=trained.stopped_by, seconds=spent_s + trained.seconds)
        # The final weights are those of a stored epoch only if the training ended with a whole one.
        at = recorder.done if recorder.going and trained.stopped_by != "limit" else None
        return TrainingOutcome(trained=whole, model=model, at=at)

    def _load_stored_model(self, epochs: int) -> Any:
        """The model as it was after so many epochs, ready to train on; None where that isn't stored."""
        state = self.archive.load_state(self.key, epochs) if epochs else None
        if state is None:
            return None
        model = self.make()
        build_weights(model, self.opened)
        own = len(state) - trajectory.STATE_PARTS
        self.shuffled = state[own:]
        return model if restore_state(model, state[:own]) else None


class _KnownAnswers:
    """Repeats the answers to hooks that were replayed already, and asks about all others."""

    def __init__(self, told: list[tuple[RecordedHook, Answer]], ask: AskCallbacks) -> None:
        self.told, self.ask = deque(told), ask

    def __call__(self, event: Event, weights: list[Array]) -> Answer:
        if not self.told:
            return self.ask(event, weights)
        known, answer = self.told.popleft()
        # The answers were given to these very figures. `repr`, since NaN doesn't equal itself.
        if (known.hook, known.index, repr(known.logs)) != (event.hook, event.index, repr(event.logs)):
            raise TrajectoryMismatch(
                f"{event.hook} {event.index}: {event.logs}, stored: {known.hook} {known.index}: {known.logs}"
            )
        return answer


def can_replay(opened: InspectedOrder) -> bool:
    """Whether a training depends on its key alone: pipelines, steps per epoch and hooks of batches make it depend on more.

    An optimizer that keeps averages puts them in the weights' place when the training ends, so an epoch's weights aren't
    those of a training that ends there.
    """
    fit = opened.order.fit
    return not (fit.batches or fit.steps_per_epoch or opened.order.batch_hooks or keeps_averages(parse_model_json(opened.order.compile)))


def build_weights(model: Any, opened: InspectedOrder) -> None:
    """Gives a model without an input layer its weights, as the first `fit` would."""
    if not model.built:
        model.build((None, *opened.arrays.by_role["x"][0].shape[1:]))


def to_message(error: Exception) -> Fault | Rejected:
    """The message for the front: a `Fault` is nobody's failure; after `Rejected`, plain Keras shows whose it is."""
    kind = type(error).__name__
    if isinstance(error, TrajectoryMismatch):
        text = f"a stored training differs from this machine's and was dropped; grade again ({error})"
        return Fault(message=f"{kind}: {text}"[:MAX_MESSAGE_CHARS])
    if is_out_of_memory(error):
        return Fault(message=f"{kind}: {error}"[:MAX_MESSAGE_CHARS], out_of_memory=True)
    # One of these only carries the words of an error of Keras.
    return Rejected(message=(f"{error}" if isinstance(error, KerasRejected) else f"{kind}: {error}")[:MAX_MESSAGE_CHARS])
