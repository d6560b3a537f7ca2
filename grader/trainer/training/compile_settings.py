"""What the compile settings of an order say of its training."""

from __future__ import annotations

from typing import Any

from grader.protocol.orders import Order
from grader.trainer.order.checking import parse_model_json


def keeps_averages(settings: dict[str, Any]) -> bool:
    """Whether an optimizer, or the one within it, keeps averages of the weights."""
    optimizer = settings.get("optimizer", settings.get("inner_optimizer"))
    config = optimizer.get("config", {}) if isinstance(optimizer, dict) else {}
    return bool(config.get("use_ema")) or ("inner_optimizer" in config and keeps_averages(config))


def goes_on(model: Any, compiled: tuple[str, int], order: Order) -> bool:
    """Whether a model trains on as it is compiled; a learning rate that was set meanwhile is set here, too.

    Args:
        compiled: the settings of the model, and the number of its compilation.
    """
    (before, _), (settings, rate) = (_without_rate(parse_model_json(text)) for text in (compiled[0], order.compile))
    if compiled[1] != order.compilation or before != settings:
        return False
    if rate is not None:
        model.optimizer.learning_rate = rate
    return True


def _without_rate(settings: dict[str, Any]) -> tuple[dict[str, Any], float | None]:
    """The settings without the optimizer's learning rate, and that rate where it is a number, not a schedule."""
    optimizer = settings.get("optimizer")
    config = optimizer.get("config") if isinstance(optimizer, dict) else None
    rate = config.get("learning_rate") if isinstance(config, dict) else None
    if not isinstance(optimizer, dict) or not isinstance(config, dict) or not isinstance(rate, (int, float)):
        return settings, None
    kept = {key: value for key, value in config.items() if key != "learning_rate"}
    return {**settings, "optimizer": {**optimizer, "config": kept}}, rate
