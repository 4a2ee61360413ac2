"""AWS as the function sees it: a server for each service, and a record of their requests."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from standin import recording

from .faults import WORK_IS_DONE, Bucket, Fault, FaultPlan, Fired
from .fleet import ExplicitFleet, Fleet
from .http1 import Handler, Request, Reset, Response, listen
from .protocols import ERRORS, Refused, error_response
from .record import Call, Record
from .services import Refusals, Services, operation
from .table import Table
from .tls import certificate

SERVICES = ("EC2", "S3", "SNS", "SQS", "CLOUDWATCH", "DYNAMODB", "EVENTBRIDGE")
BUCKET_OWNER = "123456789012"
REGION = "us-east-1"

T = TypeVar("T")


class _Loop:
    """The one thread in which all servers of this process run."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="stub", daemon=True).start()
        atexit.register(self._end)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work in that thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def _end(self) -> None:
        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)


_loop: _Loop | None = None
_loop_lock = threading.Lock()


def background() -> _Loop:
    """The thread of the servers, started where it does not run yet."""
    global _loop
    with _loop_lock:
        if _loop is None:
            _loop = _Loop()
        return _loop


class Aws:
    """A context manager that runs the services.

    latency: seconds that each call of EC2 takes, or a function from the call's number (from 1) to seconds.
    bucket: EC2's request limit, if any.
    """

    def __init__(
        self,
        fleet: Fleet | None = None,
        *,
        tls: bool = False,
        latency: float | Callable[[int], float] = 0.0,
        bucket: Bucket | None = None,
    ) -> None:
        self.fleet: Fleet = ExplicitFleet({}) if fleet is None else fleet
        self.record = Record()
        self.services = Services(self.record, self.fleet, BUCKET_OWNER)
        self.latency = latency
        self.bucket = bucket
        self.plans = {service: FaultPlan(service, self.record.fired) for service in SERVICES}
        self.endpoints: dict[str, str] = {}
        # A file of certificates to trust, where TLS is on.
        self.trusted: Path | None = None
        # What goes wrong in a call, besides the plans; and how its caller is killed.
        self.chaos: Callable[[Call], str | None] | None = None
        self.kill: Callable[[], None] = lambda: None
        self._tls = tls
        self._ec2_calls = 0
        self._recording: recording.Recording | None = None
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Self:
        context = None
        if recorded := recording.from_environment():
            self._recording = self._resources.enter_context(contextlib.closing(recorded))
        if self._tls:
            folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory()))
            context, self.trusted = certificate(folder)
        for service in SERVICES:
            server = background().run(listen(self._handler(service), context))
            self._resources.callback(lambda server=server: background().run(server.close()))
            self.endpoints[service] = f"{'https' if self._tls else 'http'}://127.0.0.1:{server.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()
        self.table.close()

    @property
    def table(self) -> Table:
        """The table of the function's state."""
        return self.services.table

    def environment(self) -> dict[str, str]:
        """The environment variables that point an AWS SDK to these services."""
        found = {f"AWS_ENDPOINT_URL_{service}": url for service, url in self.endpoints.items()}
        found |= {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "stub", "AWS_SECRET_ACCESS_KEY": "stub"}
        if self.trusted:
            found["SSL_CERT_FILE"] = str(self.trusted)
        return found

    def fault(self, service: str, kind: str, times: int | None = None, **options: Any) -> Fault:
        """Starts a fault; the options are those of `Fault`."""
        fault = Fault(kind, times, **options)  # type: ignore[arg-type]
        self.plans[service].faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Ends all faults."""
        for plan in self.plans.values():
            plan.faults.clear()

    def _handler(self, service: str) -> Handler:
        async def handle(request: Request) -> Response:
            if self._recording:
                self._recording.add(request.method, request.target, request.headers, request.body)
            call = Call(service, operation(service, request), time.time())
            self.record.calls.append(call)
            if service == "EC2":
                refusal = await self._wait(call)
                if refusal:
                    return refusal
            text = f"{call.operation} {request.body.decode('utf-8', 'replace')}{request.target}"
            fault = self.plans[service].next(text)
            if fault is None and self.chaos and (kind := self.chaos(call)):
                fault = Fault(kind)  # type: ignore[arg-type]
                self.record.fired.append(Fired(service, kind, time.time()))
            return await self._respond(service, request, call, fault)

        return handle

    async def _wait(self, call: Call) -> Response | None:
        """Takes the time of a call of EC2, or throttles it."""
        self._ec2_calls += 1
        latency = self.latency(self._ec2_calls) if callable(self.latency) else self.latency
        if self.bucket and not self.bucket.take():
            call.outcome = "throttle"
            return error_response("EC2", *ERRORS["EC2"].throttle)
        if latency:
            await asyncio.sleep(latency)
        return None

    async def _respond(self, service: str, request: Request, call: Call, fault: Fault | None) -> Response:
        kind = fault.kind if fault else None
        call.outcome = kind or "done"
        if kind in ("throttle", "error", "denied"):
            return error_response(service, *getattr(ERRORS[service], kind))
        if kind in ("reset", "kill"):
            if kind == "kill":
                self.kill()
            raise Reset
        if kind == "hang":
            await request.client_is_gone()
            raise Reset
        refusals = None
        if fault and kind in ("partial", "partial-sender"):
            refusals = Refusals(fault.entries, sender_fault=kind == "partial-sender")
        try:
            response = self.services.answer(service, request, call, refusals)
        except Refused as refused:
            call.outcome = refused.outcome
            response = error_response(service, refused.code, refused.message, refused.status)
        if kind == "kill-done":
            self.kill()
        return _spoilt(response, kind) if kind in WORK_IS_DONE else response


def _spoilt(response: Response, kind: str | None) -> Response:
    match kind:
        case "truncated":
            response.body = response.body[: len(response.body) // 2]
        case "garbage":
            response.body = b"\xff\x00<garbage>{" * 8
        case "cut":
            # Of an empty body even the promise of more is cut.
            response.body = response.body or b"more"
            response.cut = len(response.body) // 2
        case "lost" | "kill-done":
            raise Reset
    return response
