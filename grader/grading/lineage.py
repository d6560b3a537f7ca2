"""What the weights of each model went through, also where they come from another model's training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from msgspec import structs

from grader.protocol.channel import MalformedMessage
from grader.protocol.orders import Order, Origin
from grader.records.run import DataMatch
from grader.records.verdict import TrainingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """Weights that the trainer gave out: of which model, after which training, and on which data at worst.

    The data is known when the fit is over; weights of one that breaks off are good for nothing.
    """

    model: int
    training: TrainingRecord | None
    data: DataMatch | None = None


class Lineage:
    """The training and the worst data of every model, so that nothing is forgotten that any of its numbers went through.

    Args:
        dataset: the one that the exercise asks for.
    """

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.training_of: dict[int, TrainingRecord] = {}
        self.data_of: dict[int, DataMatch] = {}
        self.handouts: list[Handout] = []

    def reset_model(self, model: int) -> None:
        """Forgets a model whose weights and optimizer are gone."""
        self.training_of.pop(model, None)
        self.data_of.pop(model, None)

    def settle_handouts(self, first: int, data: DataMatch | None) -> None:
        """A fit is over, and what it was trained on is known: these are its handouts, from the `first` on."""
        self.handouts[first:] = [dataclasses.replace(handout, data=data) for handout in self.handouts[first:]]

    def follow_origin(self, order: Order, before: Order | None) -> None:
        """A model begins with weights that were given out, or with its first ones.

        Args:
            before: the last order of the same model.

        Raises:
            MalformedMessage: there was no such handout.
        """
        if order.origin is None:
            return
        sources = self._find_sources(order.origin)
        own = any(source.model == order.model for source in sources)
        # Of a model that is compiled anew only the weights could go on, and these are others now; an optimizer that goes on
        # would take something of the earlier training along.
        if not own and (before is None or before.compilation != order.compilation):
            self.reset_model(order.model)
        # The first weights again, as after a search for a learning rate on some of the images: the optimizer alone goes on.
        data = self.data_of.get(order.model)
        if order.origin.initial is not None and data is not None and data.is_part_of(self.dataset):
            self.reset_model(order.model)
        for source in sources:
            self._add_source(order.model, source)

    def _find_sources(self, origin: Origin) -> list[Handout]:
        numbers = dict.fromkeys(number for number in (origin.handout, origin.optimizer) if number is not None)
        if any(number >= len(self.handouts) or self.handouts[number].data is None for number in numbers):
            raise MalformedMessage("an order that goes on from weights that no whole training gave out")
        # Weights and optimizer of one model are one source, and the later of the two has gone through more.
        return list({self.handouts[number].model: self.handouts[number] for number in sorted(numbers)}.values())

    def _add_source(self, model: int, source: Handout) -> None:
        own, data = self.training_of.get(model), self.data_of.get(model)
        if source.data is not None:
            self.data_of[model] = source.data if data is None else data.pick_worse(source.data, self.dataset)
        if source.training is None or (source.model == model and own is not None):
            return  # its own record holds all of that already
        self.training_of[model] = source.training if own is None else join_trainings(source.training, own)


def join_trainings(first: TrainingRecord, then: TrainingRecord) -> TrainingRecord:
    """Both as one: `then` goes on after `first`.

    Cut epochs are counted within their own training; in the joined record over both.
    """
    cut = [structs.replace(epoch, at=epoch.at + len(first.epochs)) for epoch in then.cut_epochs]
    return structs.replace(
        then,
        epochs=[*first.epochs, *then.epochs],
        cut_epochs=[*first.cut_epochs, *cut],
        seconds=round(first.seconds + then.seconds, 3),
        # Called replayed only if every part was: one real part makes the time that was needed real.
        replayed=then.replayed and first.replayed,
    )
