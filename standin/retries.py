"""The wait before a state of Step Functions is retried, which MiniStack ends after a minute and never jitters.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

Match = tuple[dict[str, Any] | None, int]

# The same waits in every run.
_jitter = random.Random(1)


def install() -> None:
    """Wait where MiniStack looks for the retrier, so that it does not wait itself."""
    stepfunctions._find_matching_retrier = _waiting(stepfunctions._find_matching_retrier)


def wait_seconds(retrier: dict[str, Any], retries: int) -> float:
    """The wait before the next attempt, after so many retries."""
    wait = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries
    wait = min(wait, retrier.get("MaxDelaySeconds", wait))
    return _jitter.uniform(0, wait) if retrier.get("JitterStrategy") == "FULL" else float(wait)


def _waiting(find: Callable[[list[dict], str, dict[int, int]], Match]) -> Callable[[list[dict], str, dict[int, int]], Match]:
    def find_and_wait(retriers: list[dict], error: str, counts: dict[int, int]) -> Match:
        retrier, number = find(retriers, error, counts)
        if retrier is None:
            return None, number
        stepfunctions._scaled_sleep(wait_seconds(retrier, counts.get(number, 0)))
        return {**retrier, "IntervalSeconds": 0}, number

    return find_and_wait
