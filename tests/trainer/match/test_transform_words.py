from __future__ import annotations

import pytest

from grader.trainer.match.pixel_transforms import describe_affine

LINES = {
    "raw pixels": (1.0, 0.0),
    "pixels / 255": (1 / 255, 0.0),
    "pixels * 2": (2.0, 0.0),
    "255 - pixels": (-1.0, 255.0),
    "1 - pixels / 255": (-1 / 255, 1.0),
    "pixels / 255 - 0.5": (1 / 255, -0.5),
    "pixels / 127.5 - 1": (1 / 127.5, -1.0),
    "pixels + 1": (1.0, 1.0),
    "(pixels - 33.318) / 78.567": (1 / 78.567, -33.318 / 78.567),
    "(pixels + 3.3333) / 7": (1 / 7, 1 / 2.1),
}


@pytest.mark.parametrize("words", LINES)
def test_words(words: str) -> None:
    """A line is written as the code that makes it."""
    assert words == describe_affine(*LINES[words])
