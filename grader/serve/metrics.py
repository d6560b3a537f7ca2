"""Counts requests and their times for `/metrics`, without a word on who made them, and logs them as lines of JSON."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter

LOGGER = logging.getLogger("grader.serve")
# Upper ends of the histogram, in seconds.
TIME_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """Counters of one process, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request. Args: route: its pattern, such as `/submissions/{number}`, never its path."""
        LOGGER.info(
            json.dumps(
                {"event": "request", "method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            )
        )
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds += seconds
            for end in TIME_BUCKETS:
                self._buckets[end] += seconds <= end

    def render_text(self, gauges: dict[str, float]) -> str:
        """The counters in Prometheus's text format, with some values of now."""
        with self._lock:
            requests, buckets, total_s = sorted(self._requests.items()), dict(self._buckets), self._seconds
        count = sum(number for _, number in requests)
        lines = ["# TYPE grade_serve_requests_total counter"]
        lines += [
            f'grade_serve_requests_total{{method="{method}",route="{route}",status="{status}"}} {number}'
            for (method, route, status), number in requests
        ]
        lines.append("# TYPE grade_serve_request_seconds histogram")
        lines += [f'grade_serve_request_seconds_bucket{{le="{end:g}"}} {buckets.get(end, 0)}' for end in TIME_BUCKETS]
        lines += [
            f'grade_serve_request_seconds_bucket{{le="+Inf"}} {count}',
            f"grade_serve_request_seconds_sum {total_s:.6f}",
            f"grade_serve_request_seconds_count {count}",
        ]
        for name, value in gauges.items():
            lines += [f"# TYPE grade_serve_{name} gauge", f"grade_serve_{name} {value:g}"]
        return "\n".join(lines) + "\n"
