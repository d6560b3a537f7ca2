"""Submissions that order the same training take turns, and nobody waits for another student's callbacks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from grader.protocol.orders import Answer, Event
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


def test_nobody_waits_while_a_student_is_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants the same training meanwhile goes on after a moment; the holder keeps its turn, and the answer comes through."""
    monkeypatch.setattr("grader.trainer.training.turns.WAIT_S", 0.05)
    waited: list[float] = []

    def ask(event: Event, weights: list[object]) -> Answer:
        with Turn(store, "key", waited.append):  # would wait for 900 rounds
            assert not is_free(store)
        return Answer(stop=True)

    with Turn(store, "key", lambda _: None) as turn:
        assert turn.left_while(ask)(EVENT, []) == Answer(stop=True)
        assert not is_free(store)

    assert 1 <= len(waited) < 100
    assert is_free(store)


def test_whoever_trains_beside_the_holder_leaves_its_mark(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a third would wait, though the holder's student is still being asked."""
    monkeypatch.setattr("grader.trainer.training.turns.WAIT_S", 0.05)

    def ask(event: Event, weights: list[object]) -> Answer:
        with Turn(store, "key", lambda _: None) as beside:
            beside.left_while(lambda event, weights: Answer())(EVENT, [])
            assert beside._is_holder_asking()
        return Answer()

    with Turn(store, "key", lambda _: None) as turn:
        turn.left_while(ask)(EVENT, [])
        assert not turn._is_holder_asking()


def test_a_quick_answer_lets_nobody_in_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two would train the same at once, though each epoch's callback takes a moment only."""
    monkeypatch.setattr("grader.trainer.training.turns.MAX_WAITS", 3)
    monkeypatch.setattr("grader.trainer.training.turns.WAIT_S", 0.05)
    with Turn(store, "key", lambda _: None) as turn:
        free = []
        turn.left_while(lambda event, weights: free.append(is_free(store)) or Answer())(EVENT, [])
        second = Turn(store, "key", lambda _: None)
        assert not second._is_holder_asking()

    assert free == [False]


def test_a_mark_of_a_killed_holder_is_taken_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next holder is not taken for one that asks."""
    monkeypatch.setattr("grader.trainer.training.turns.WAIT_S", 0.01)
    with Turn(store, "key", lambda _: None) as killed:
        killed._mark(asking=True)
    time.sleep(0.05)
    with Turn(store, "key", lambda _: None) as turn:
        assert not turn._is_holder_asking()


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
    monkeypatch.setattr("grader.trainer.training.turns.MAX_WAITS", 3)
    waited: list[float] = []

    with Turn(store, "key", waited.append), Turn(store, "key", waited.append):
        pass

    assert waited == [0.01] * 3
