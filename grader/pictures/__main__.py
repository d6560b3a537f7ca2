"""`python -m grader.pictures`: draws the curve or the maps that come as JSON, a PNG on standard output."""

from __future__ import annotations

import sys

import msgspec

from grader.pictures import curve, maps

drawn = msgspec.json.decode(sys.stdin.buffer.read(), type=curve.Curve | maps.Maps)
if isinstance(drawn, curve.Curve):
    curve.draw(drawn, sys.stdout.buffer)
else:
    maps.draw(drawn, sys.stdout.buffer)
