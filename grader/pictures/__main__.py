"""`python -m grader.pictures FILE.png`: draws the curve that comes as JSON on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from grader.pictures.curve import Curve, draw

draw(msgspec.json.decode(sys.stdin.buffer.read(), type=Curve), Path(sys.argv[1]))
