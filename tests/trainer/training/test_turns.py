"""Submissions that order the same training take turns, and nobody waits for another student's callbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.protocol.wire import Answer, Event
from grader.stores.store import Store
from grader.trainer.training.turns import Turn

pytestmark = pytest.mark.keras  # imports the trainer's rooms
EVENT = Event(hook="epoch_end", index=0, logs={"accuracy": 0.5})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("GRADE_CACHE", str(tmp_path))
    return Store("trajectories")


def is_free(store: Store, key: str = "key") -> bool:
    with store.lock_entry(key, 0.0) as taken:
        return taken


def test_a_turn_is_let_go_while_a_student_is_asked(store: Store) -> None:
    """Held during the steps, free while callbacks sleep, and held again afterwards; the answer comes through."""
    seen = []

    def ask(event: Event, weights: list[object]) -> Answer:
        seen.append((event, weights, is_free(store)))
        return Answer(stop=True)

    with Turn(store, "key", lambda _: None) as turn:
        before = is_free(store)
        answer = turn.left_while(ask)(EVENT, [])
        after = is_free(store)

    assert (before, seen, answer, after, is_free(store)) == (False, [(EVENT, [], True)], Answer(stop=True), False, True)


def test_a_turn_that_was_taken_meanwhile_stops_nobody(store: Store) -> None:
    """Both train on: the figures are the same, and neither waits for the other's callbacks."""
    waited: list[float] = []
    with Turn(store, "key", waited.append) as first:

        def ask(event: Event, weights: list[object]) -> Answer:
            second.__enter__()
            return Answer()

        second = Turn(store, "key", waited.append)
        first.left_while(ask)(EVENT, [])
        assert not is_free(store)
    # The first one gives back nothing that it doesn't hold.
    assert not is_free(store)
    second.__exit__()
    assert (waited, is_free(store)) == ([], True)


def test_a_callback_that_raises_leaves_no_turn_behind(store: Store) -> None:
    """The student's process may be gone."""

    def ask(event: Event, weights: list[object]) -> Answer:
        raise EOFError

    with pytest.raises(EOFError), Turn(store, "key", lambda _: None) as turn:
        turn.left_while(ask)(EVENT, [])

    assert is_free(store)


def test_whoever_waits_gives_a_sign_each_second(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And trains anyway in the end."""
    monkeypatch.setattr("grader.trainer.training.turns.WAIT_S", 0.01)
    monkeypatch.setattr("grader.trainer.training.turns.MOST_WAITS", 3)
    waited: list[float] = []

    with Turn(store, "key", waited.append), Turn(store, "key", waited.append):
        pass

    assert waited == [0.01] * 3
