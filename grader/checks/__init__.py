"""The checks: pure functions from evidence to an outcome, named by exercises (`check: architecture.layers`).

Nothing here runs, trains or prints; nothing here imports numpy or TensorFlow.
"""

from grader.checks.catalogue import CHECKS, check_arguments, convert_arguments
from grader.checks.judging import describe_gates, judge_advice, judge_run
from grader.checks.registry import EVIDENCE_BASES, Check, CheckOutcome
from grader.checks.titles import find_title

__all__ = [
    "CHECKS",
    "EVIDENCE_BASES",
    "Check",
    "CheckOutcome",
    "check_arguments",
    "convert_arguments",
    "describe_gates",
    "find_title",
    "judge_advice",
    "judge_run",
]
