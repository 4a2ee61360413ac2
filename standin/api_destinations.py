"""EventBridge's calls to API destinations: their rate, what is retried and when, and where an event ends up.

``STANDIN_DELIVERY_SCALE``   part of each wait that really passes (1); the age of an event counts the whole wait
``STANDIN_CALL_SECONDS``     how long an endpoint may take (5, as AWS)

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html and eb-rule-retry-policy.html
"""

from __future__ import annotations

import contextvars
import email.utils
import logging
import os
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.services import eventbridge

from . import dead_letters, outbound
from .dead_letters import Refusal
from .due import DueQueue
from .event_connections import connection_of, destination_of, is_active
from .event_targets import Origin, origin

logger = logging.getLogger("standin.api_destinations")

CALL_SECONDS = 5.0
MAX_ATTEMPTS = 185
MAX_AGE_SECONDS = 86_400
RATE_PER_SECOND = 300
# AWS documents only "exponential, with jitter"; with these, 185 attempts take about 24 hours.
FIRST_WAIT_SECONDS = 1.0
LAST_WAIT_SECONDS = 600.0
WORKERS = 32
# How EventBridge's messages about an endpoint begin.
UNABLE = "Unable to invoke ApiDestination endpoint"
RETRIED = (401, 407, 409, 429)
_RENEWS_TOKEN = (401, 407)
# The same waits in every run.
_jitter = random.Random(1)


@dataclass
class Delivery:
    """One event for one API destination, and its attempts so far."""

    origin: Origin
    payload: str
    target: dict
    retries: int = 0
    # Seconds that EventBridge would have waited; only a part of them really passes.
    waited: float = 0.0
    has_turn: bool = False
    context: contextvars.Context = field(default_factory=contextvars.copy_context)


@dataclass(frozen=True)
class Failure:
    """Why a call failed."""

    code: str
    message: str
    is_final: bool = False
    retry_after: float | None = None


class Pace:
    """When each destination may be called next."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, arn: str, per_second: int) -> float:
        """Take the next turn; how many seconds from now it is."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next.get(arn, now), now)
            self._next[arn] = turn + self._scale / per_second
            return turn - now


class Deliveries:
    """Every event on its way to an API destination."""

    def __init__(self, scale: float, call_seconds: float) -> None:
        self._scale = scale
        self._call_seconds = call_seconds
        self._pace = Pace(scale)
        self._due = DueQueue(WORKERS, self._carry_out, "standin-api-destination")

    def accept(self, _spec: Any, payload: str, target: dict) -> None:
        """Take an event over from MiniStack's dispatch."""
        self._due.submit(Delivery(origin.get(), payload, target))

    def clear(self) -> None:
        """Forget all."""
        self._due.clear()

    def _carry_out(self, delivery: Delivery) -> None:
        # A copy, for the next attempt may begin before this one has left the context.
        delivery.context.copy().run(self._attempt, delivery)

    def _attempt(self, delivery: Delivery) -> None:
        destination = destination_of(delivery.target["Arn"])
        if destination is None:
            self._give_up(delivery, Failure("NO_RESOURCE", f"The target {delivery.target['Arn']} does not exist."))
            return
        if not delivery.has_turn:
            delivery.has_turn = True
            wait = self._pace.wait(
                destination["ApiDestinationArn"], destination["InvocationRateLimitPerSecond"] or RATE_PER_SECOND
            )
            if wait > 0:
                self._due.submit(delivery, wait)
                return
        failure = self._call(destination, delivery)
        if failure is None:
            logger.info("%s took the event after %d retries", delivery.target["Arn"], delivery.retries)
        elif failure.is_final:
            self._give_up(delivery, failure)
        else:
            self._try_again(delivery, failure)

    def _call(self, destination: dict, delivery: Delivery) -> Failure | None:
        connection = connection_of(destination["ConnectionArn"])
        if connection is None or not is_active(destination):
            return Failure("NO_PERMISSIONS", f"{UNABLE}: The connection is not authorized.")
        try:
            answer = self._send(destination, connection, delivery)
        except outbound.UnknownHost as error:
            return Failure("CONNECTION_FAILURE", f"{UNABLE}: {error}", is_final=True)
        except TimeoutError:
            return Failure("TIMEOUT", f"{UNABLE}: Request timed out.")
        except (OSError, ValueError) as error:
            return Failure("CONNECTION_FAILURE", f"{UNABLE}: {error}")
        return _judged(answer)

    def _send(self, destination: dict, connection: dict, delivery: Delivery) -> outbound.Answer:
        parameters = delivery.target.get("HttpParameters") or {}
        request = eventbridge._build_api_destination_request(destination, connection, parameters, delivery.payload)
        key = (connection["ConnectionArn"], connection["LastModifiedTime"])

        def send(is_renewed: bool) -> outbound.Answer:
            signed = eventbridge._connection_auth_headers(connection, key, force_refresh=is_renewed)
            headers = eventbridge._finalize_api_dest_headers({**request["headers"], **signed})
            body = request["body"].encode()
            return outbound.call(request["method"], request["url"], headers, body, self._call_seconds)

        answer = send(False)
        if answer.status in _RENEWS_TOKEN and connection["AuthorizationType"] == "OAUTH_CLIENT_CREDENTIALS":
            answer = send(True)
        return answer

    def _try_again(self, delivery: Delivery, failure: Failure) -> None:
        policy = delivery.origin.target.get("RetryPolicy") or {}
        most = policy.get("MaximumRetryAttempts", MAX_ATTEMPTS)
        max_age = policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS)
        wait = min(FIRST_WAIT_SECONDS * 2.0 ** min(delivery.retries, 20), LAST_WAIT_SECONDS) * _jitter.uniform(0.5, 1.0)
        wait = max(wait, failure.retry_after or 0.0)
        if delivery.retries >= most:
            self._give_up(delivery, failure, "MaximumRetryAttempts")
        elif delivery.waited + wait > max_age:
            self._give_up(delivery, failure, "MaximumEventAgeInSeconds")
        else:
            dead_letters.count(delivery.origin.rule, "RetryInvocationAttempts")
            delivery.retries += 1
            delivery.waited += wait
            delivery.has_turn = False
            self._due.submit(delivery, wait * self._scale)

    def _give_up(self, delivery: Delivery, failure: Failure, condition: str = "") -> None:
        exhausted = {"RETRY_ATTEMPTS": str(delivery.retries)} if delivery.retries or condition else {}
        if condition:
            exhausted["EXHAUSTED_RETRY_CONDITION"] = condition
        rule, view = delivery.origin.rule, delivery.origin.view
        logger.warning("%s gave up on %s: %s", rule.get("Arn"), delivery.target["Arn"], failure.message)
        dead_letters.send(delivery.origin.target, rule, view, Refusal(failure.code, failure.message, exhausted))


def install() -> None:
    """Replace MiniStack's delivery, which tries once."""
    deliveries = Deliveries(
        float(os.environ.get("STANDIN_DELIVERY_SCALE") or 1.0),
        float(os.environ.get("STANDIN_CALL_SECONDS") or CALL_SECONDS),
    )
    reset = eventbridge.reset

    def reset_with_deliveries() -> None:
        deliveries.clear()
        reset()

    eventbridge._dispatch_to_api_destination = deliveries.accept
    eventbridge.reset = reset_with_deliveries


def _judged(answer: outbound.Answer) -> Failure | None:
    """What an answer means; its body is ignored."""
    if 200 <= answer.status < 300:
        return None
    message = f"{UNABLE}: The endpoint answered with status code {answer.status}."
    code = "THROTTLING" if answer.status == 429 else "ERROR_FROM_TARGET"
    after = _retry_after(answer.header("Retry-After"))
    is_retried = answer.status in RETRIED or answer.status >= 500
    return Failure(code, message, is_final=not is_retried or (after or 0) < 0, retry_after=after)


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After, which may be a date; a negative one ends the retries."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except ValueError:
        return None
