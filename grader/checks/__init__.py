"""The checks: pure functions from evidence to an outcome, named by exercises (`check: architecture.layers`).

Nothing here runs, trains or prints; nothing here imports numpy or TensorFlow.
"""

from grader.checks.arguments import arguments, check_arguments
from grader.checks.catalogue import CHECKS
from grader.checks.judging import judge, judge_advice
from grader.checks.registry import EVIDENCE, Check, Outcome

__all__ = ["CHECKS", "EVIDENCE", "Check", "Outcome", "arguments", "check_arguments", "judge", "judge_advice"]
