"""The picture that the course filters: drawn by rule, so that none need be shipped, with edges in every direction."""

from __future__ import annotations

import numpy as np

from grader.values import Array


def scene(rows: int, columns: int, channels: int = 0) -> Array:
    """A house on a hill under a striped sky, with stairs: flat parts, slopes, lines upright, level and oblique.

    Args:
        channels: 3 for colours, 0 for a grey picture.

    Returns:
        uint8, shape (rows, columns) or (rows, columns, channels).

    >>> scene(4, 5).shape, scene(4, 5, 3).dtype
    ((4, 5), dtype('uint8'))
    """
    y, x = np.mgrid[0:rows, 0:columns] * 512.0 / np.array([rows, columns])[:, None, None]
    grey = 225 - y / 4 - 30 * (np.floor(y / 24) % 2) * (y < 200)  # sky
    tint = np.stack([grey - 40, grey - 10, grey + 25])
    hill = y > 300 + 60 * np.sin(x / 90)
    tint = np.where(hill, np.stack([70 + x / 12, 110 + x / 12, 60 + x / 16]), tint)
    sun = (x - 410) ** 2 + (y - 90) ** 2 < 45**2
    tint = np.where(sun, np.array([250, 235, 120.0])[:, None, None], tint)
    wall = (abs(x - 200) < 90) & (y > 220) & (y < 400)
    tint = np.where(wall, np.array([190, 150, 120.0])[:, None, None], tint)
    roof = (y > 120) & (y <= 220) & (abs(x - 200) < (y - 120) * 1.15)
    tint = np.where(roof, np.array([150, 60, 50.0])[:, None, None], tint)
    for across in (140, 200, 260):
        tint = np.where((abs(x - across) < 16) & (abs(y - 280) < 22), np.array([40, 55, 80.0])[:, None, None], tint)
    stairs = (x > 300) & (y > 500 - 22 * np.floor((x - 300) / 26))
    tint = np.where(stairs, 60 + 18 * (np.floor((x - 300) / 26) % 8), tint)
    picture = np.clip(tint, 0, 255).astype(np.uint8)
    return np.moveaxis(picture, 0, -1) if channels else picture.mean(axis=0).astype(np.uint8)
