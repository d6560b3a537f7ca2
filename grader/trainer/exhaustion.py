"""Which errors mean that the machine or its device had too little memory: nobody's file is at fault then."""

from __future__ import annotations

from collections.abc import Iterator

from grader.messages.device_errors import says_card_full

OUT_OF_MEMORY_ERRORS = ("ResourceExhaustedError", "MemoryError")
# JAX raises one error for all that XLA says; its text begins with the kind.
XLA_ERRORS = ("XlaRuntimeError", "JaxRuntimeError")
XLA_EXHAUSTED = "RESOURCE_EXHAUSTED"
CARD_ERRORS = ("InternalError", "UnknownError", "FailedPreconditionError", "UnimplementedError", "InvalidArgumentError")
# After these a process may find its device unusable, or its memory in pieces.
PROCESS_BREAKING_ERRORS = (*OUT_OF_MEMORY_ERRORS, *XLA_ERRORS, "InternalError")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised for, is for want of memory: Keras wraps those of a layer."""
    return any(map(_is_exhausted, _list_causes(error)))


def should_replace_process(error: Exception) -> bool:
    """Whether the process shouldn't train anything else after it."""
    return type(error).__name__ in PROCESS_BREAKING_ERRORS or is_out_of_memory(error)


def raise_if_exhausted(error: Exception) -> None:
    """Passes an error on that is for want of memory, before it is told as the order's. Raises: the error."""
    if is_out_of_memory(error):
        raise error


def _is_exhausted(error: BaseException) -> bool:
    kind = type(error).__name__
    if kind in CARD_ERRORS:
        return says_card_full(str(error))
    return kind in OUT_OF_MEMORY_ERRORS or (kind in XLA_ERRORS and str(error).startswith(XLA_EXHAUSTED))


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
