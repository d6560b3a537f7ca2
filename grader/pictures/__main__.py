"""`python -m grader.pictures FILE.png`: draws the curve or the maps that come as JSON on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from grader.pictures import curve, maps

drawn = msgspec.json.decode(sys.stdin.buffer.read(), type=curve.Curve | maps.Maps)
if isinstance(drawn, curve.Curve):
    curve.draw(drawn, Path(sys.argv[1]))
else:
    maps.draw(drawn, Path(sys.argv[1]))
