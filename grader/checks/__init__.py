"""The checks: pure functions from evidence to an outcome, named by exercises (`check: architecture.layers`).

Nothing here runs, trains or prints; nothing here imports numpy or TensorFlow.
"""

from grader.checks.catalogue import CHECKS, check_arguments, convert_arguments
from grader.checks.judging import judge_advice, judge_run
from grader.checks.registry import EVIDENCE_BASES, Check, CheckOutcome

__all__ = [
    "CHECKS",
    "EVIDENCE_BASES",
    "Check",
    "CheckOutcome",
    "check_arguments",
    "convert_arguments",
    "judge_advice",
    "judge_run",
]
