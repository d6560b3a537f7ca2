"""What an error within a training means: the machine's, a stored training's, or one that plain Keras would raise too."""

from __future__ import annotations

from grader.trainer.replay import Unlike
from grader.wire import Fault, Rejected

MOST = 4000
OUT_OF_MEMORY = ("ResourceExhaustedError", "MemoryError")
# JAX raises one error for all that XLA says; its text begins with the kind.
FROM_XLA = ("XlaRuntimeError", "JaxRuntimeError")
EXHAUSTED = "RESOURCE_EXHAUSTED"
# After these a process may find its device unusable, or its memory in pieces.
BREAKING = (*OUT_OF_MEMORY, *FROM_XLA, "InternalError")


def told(error: Exception) -> Fault | Rejected:
    """What to tell the front: a fault is nobody's failure; of a rejection, plain Keras then tells whose it is."""
    kind = type(error).__name__
    if isinstance(error, Unlike):
        text = f"a stored training differs from this machine's and was dropped; grade again ({error})"
        return Fault(message=f"{kind}: {text}"[:MOST])
    if out_of_memory(error):
        return Fault(message=f"{kind}: {error}"[:MOST], out_of_memory=True)
    return Rejected(message=f"{kind}: {error}"[:MOST])


def out_of_memory(error: Exception) -> bool:
    """Whether the machine or its device had too little memory."""
    kind = type(error).__name__
    return kind in OUT_OF_MEMORY or (kind in FROM_XLA and str(error).startswith(EXHAUSTED))


def breaks(error: Exception) -> bool:
    """Whether the process shouldn't train anything else after it."""
    return type(error).__name__ in BREAKING
