"""A sheet of panels: the image that a function was given, and what it made of it for each case."""

from __future__ import annotations

import math
from typing import IO, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SheetPanels = list[tuple[str, tuple[Any, ...], Any]]
MAX_COLUMNS = 3
PANEL_INCHES = 3.2


def draw_sheet(panels: SheetPanels, target: IO[bytes]) -> str | None:
    """Draws the first panel's image and every panel's result.

    Args:
        panels: title, arguments and result of each case.

    Returns:
        What was not drawn, in words; None where all was.
    """
    given = next((value for value in panels[0][1] if _is_image(value)), None) if panels else None
    shown = [("the image", given)] if given is not None else []
    shown += [(title, result) for title, _, result in panels]
    columns = min(MAX_COLUMNS, len(shown)) or 1
    rows = math.ceil(len(shown) / columns) or 1
    figure = Figure(figsize=(columns * PANEL_INCHES, rows * (PANEL_INCHES + 0.35)), layout="constrained")
    for number in range(rows * columns):
        axes = figure.add_subplot(rows, columns, number + 1)
        if number < len(shown):
            _draw_panel(axes, *shown[number])
        else:
            axes.set_axis_off()
    figure.savefig(target, format="png", dpi=120, bbox_inches="tight")
    missing = [title for title, result in shown if not _is_image(result)]
    return f"no image came back for: {', '.join(missing)}" if missing else None


def _draw_panel(axes: Axes, title: str, value: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if not _is_image(value):
        axes.set_title(title)
        axes.text(0.5, 0.5, "no image", ha="center", va="center", transform=axes.transAxes)
        return
    rows, columns = value.shape[:2]
    axes.set_title(f"{title}\n{rows} × {columns}", fontsize=10)
    axes.imshow(np.clip(value, 0, 255).astype(np.uint8), cmap="gray", vmin=0, vmax=255, interpolation="nearest")


def _is_image(value: Any) -> bool:
    """Whether a value can be shown: grey or in colours, neither empty nor huge."""
    if not isinstance(value, np.ndarray) or not 0 < value.size <= 10_000_000:
        return False
    return value.ndim == 2 or (value.ndim == 3 and value.shape[2] == 3)
