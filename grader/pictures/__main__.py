"""`python -m grader.pictures`: draws the curve or the maps that come as JSON, a PNG on standard output."""

from __future__ import annotations

import sys

import msgspec

from grader.pictures import curve

drawn = msgspec.json.decode(sys.stdin.buffer.read(), type=curve.CurvePicture | curve.MapsPicture)
if isinstance(drawn, curve.CurvePicture):
    curve.draw_curve(drawn, sys.stdout.buffer)
else:
    curve.draw_maps(drawn, sys.stdout.buffer)
