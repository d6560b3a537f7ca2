"""Every check that an exercise can name; a new module of checks is added to the one line here."""

from __future__ import annotations

from types import MappingProxyType

from grader.checks import activations, architecture, behaviour, callback, models, returns, structure, training
from grader.checks.registry import collect

CHECKS = MappingProxyType(collect((activations, architecture, behaviour, callback, models, returns, structure, training)))
