"""What makes a function a check: its name in YAML, the evidence it names, its arguments and what it answers.

A check is a pure function. Its parameters before `*` name evidence; the keyword-only ones are its YAML arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType, NoneType
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from msgspec import Struct

from grader.records.clues import CodePlace, Symptom
from grader.records.verdict import Basis

CheckFunction = TypeVar("CheckFunction", bound=Callable[..., "CheckOutcome"])

# Weakest first: what a student's code said, what its text shows, what it ordered, what the trainer measured.
BASES_BY_STRENGTH: tuple[Basis, ...] = ("reported", "static", "declared", "measured")

# The evidence that a check can name, with what it rests on; `dataset` is the exercise's own and rests on nothing.
EVIDENCE_BASES: dict[str, Basis | None] = {
    "run": "reported",
    "returned": "reported",
    "architecture": "declared",
    "models": "declared",
    "activations": "measured",
    "probe": "declared",
    "data": "measured",
    "training": "measured",
    "trial": "measured",
    "measured": "measured",
    "dataset": None,
}


class CheckOutcome(Struct, frozen=True, kw_only=True):
    """What a check found; `skipped` means that the evidence allows no judgement, and says why.

    `given` is the call that showed a fault. `symptom` and `place` are for what the text of the file may tell of it.
    `beside` says that the fault isn't what the check asks about, so that the exercise's hint would lead astray.
    """

    status: Literal["passed", "failed", "skipped"]
    message: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    line: int | None = None
    given: str | None = None
    symptom: Symptom | None = None
    place: CodePlace | None = None
    beside: bool = False


def report_pass(message: str, *, got: str | None = None) -> CheckOutcome:
    """The check is met."""
    return CheckOutcome(status="passed", message=message, got=got)


def report_failure(message: str, *, expected: str, got: str, **more: Any) -> CheckOutcome:
    """The check is not met; a learner always reads what was expected and what came."""
    return CheckOutcome(status="failed", message=message, expected=expected, got=got, **more)


def report_undecided(message: str) -> CheckOutcome:
    """The check can't be judged from this evidence."""
    return CheckOutcome(status="skipped", message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckArgument:
    """One YAML argument: its type, and whether an exercise may leave it out."""

    kind: Any
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check function with what its signature and docstring say.

    `evidence` maps each name to whether the check can do without it (`X | None`).
    `others` is the type of arguments under any of the names `other_names` (`**counts: int`).
    """

    name: str
    title: str
    function: Callable[..., CheckOutcome]
    evidence: dict[str, bool]
    arguments: dict[str, CheckArgument]
    others: Any = None
    other_names: frozenset[str] = frozenset()

    @property
    def basis(self) -> Basis:
        """The weakest of what the check's evidence rests on."""
        bases = {EVIDENCE_BASES[name] for name in self.evidence}
        # The weakest evidence decides how far a result can be trusted: a claim compared with a measurement is still a
        # claim.
        return next((basis for basis in BASES_BY_STRENGTH if basis in bases), "static")

    def find_argument_type(self, argument: str) -> Any:
        """The type of a YAML argument, or None where the check has no such argument."""
        if argument in self.arguments:
            return self.arguments[argument].kind
        return self.others if argument in self.other_names else None


def register_check(name: str, *, other_names: Iterable[str] = ()) -> Callable[[CheckFunction], CheckFunction]:
    """Marks a function as the check `name`; its docstring's first line is the title that a learner reads.

    Args:
        name: as in `check: architecture.layers`.
        other_names: the names that a `**` parameter takes.
    """

    def mark_function(function: CheckFunction) -> CheckFunction:
        # Kept on the function, so that no registry in a module has to be changed by imports.
        function.__dict__["grade_check"] = _build_check(name, function, frozenset(other_names))
        return function

    return mark_function


def collect_checks(modules: Iterable[ModuleType]) -> dict[str, Check]:
    """Every check that the modules define, by name, in alphabetical order."""
    functions = [value for module in modules for value in vars(module).values() if inspect.isfunction(value)]
    found = [function.__dict__["grade_check"] for function in functions if "grade_check" in function.__dict__]
    return {item.name: item for item in sorted(found, key=lambda item: item.name)}


def _build_check(name: str, function: Callable[..., CheckOutcome], other_names: frozenset[str]) -> Check:
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    before = [item for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]
    # Raised at import, so that a misspelt parameter fails every test and not one submission.
    if unknown := [item.name for item in before if item.name not in EVIDENCE_BASES]:
        raise TypeError(f"check {name}: no evidence is called {unknown[0]!r}; there are {', '.join(EVIDENCE_BASES)}")
    return Check(
        name=name,
        title=(inspect.getdoc(function) or name).splitlines()[0].rstrip("."),
        function=function,
        # `X | None` in the signature is how a check says that it can judge without this evidence.
        evidence={item.name: NoneType in get_args(hints[item.name]) for item in before},
        arguments={
            item.name: CheckArgument(kind=hints[item.name], required=item.default is item.empty)
            for item in parameters
            if item.kind is item.KEYWORD_ONLY
        },
        others=next((hints[item.name] for item in parameters if item.kind is item.VAR_KEYWORD), None),
        other_names=other_names,
    )
