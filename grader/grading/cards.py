"""A GPU that has no memory left, such as where a notebook's own TensorFlow holds it: the training then runs on the CPU."""

from __future__ import annotations

from dataclasses import replace

from grader.engines import pair
from grader.engines.pool import measure_gpu_memory
from grader.grading.options import GradingOptions
from grader.messages.device_errors import says_card_full
from grader.protocol.wire import Fault, Hello

# A process takes 0.6 GB of a card before it computes anything.
MIN_CARD_BYTES = 1_500_000_000
MAX_WORDS = 300


class CardFull(Exception):
    """The trainer found no room on the GPU."""


def choose_free_device(options: GradingOptions) -> GradingOptions:
    """Options that leave a full card alone, where the device is the grader's choice.

    In a pool a card is full of the pool's own trainers, which wait for each other.
    """
    if options.device != "auto" or options.start is not pair.start_pair:
        return options
    free = measure_gpu_memory()
    return options if free is None or free >= MIN_CARD_BYTES else use_processor(options, free)


def use_processor(options: GradingOptions, free: int | None = None) -> GradingOptions:
    """Options that train on the CPU, and a note that says why.

    Args:
        free: bytes that the card has left, where that is known.
    """
    left = "has no memory left" if free is None else f"has only {free / 1e9:.1f} GB of memory left"
    note = (
        f"trained on the CPU: the GPU {left}. In a notebook, TensorFlow takes all of it when it is first used; restart the "
        "kernel, and run `tf.config.experimental.set_memory_growth(gpu, True)` for each GPU before anything else of it"
    )
    return replace(options, device="cpu", card_note=note)


def raise_if_full(options: GradingOptions, hello: Hello | None, failure: Fault | str) -> None:
    """Raises: CardFull: the trainer failed for want of memory on a GPU that nobody asked for.

    Args:
        hello: what the trainer said of itself; None where it failed before that.
        failure: its fault, or the last words of one that ended.
    """
    full = failure.out_of_memory if isinstance(failure, Fault) else says_card_full(failure)
    if full and options.device == "auto" and (hello is None or hello.device == "gpu"):
        raise CardFull


def describe_failure(hello: Hello | None, fault: Fault) -> str:
    """What the report says of a trainer's failure that nothing could be done about."""
    if not fault.out_of_memory:
        return f"the trainer failed: {fault.message}"
    on_card = hello is not None and hello.device == "gpu"
    advice = "; end other programs that use the GPU, or grade with --device cpu" if on_card else ""
    # What follows the first line are the library's own nodes and hints.
    return f"the machine has too little memory for this training{advice}: {fault.message.splitlines()[0][:MAX_WORDS]}"
