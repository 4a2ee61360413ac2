"""Measures our function, Cloud Custodian and a function with boto3, and prints the tables of docs/performance.md.

usage: scripts/bench.sh [options]

All of them run against one stub of AWS, over TLS, in a separate process.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cost import share
from function.stub.events import state_change
from function.stub.fleet import GeneratedFleet
from function.stub.lambda_service import Message, record
from stub_process import Report, StubProcess
from subjects import (
    Before,
    Boto3,
    Custodian,
    CustodianAsPackaged,
    Failed,
    Ours,
    Process,
    Subject,
    WithoutEvents,
    WithoutMemory,
    cpu_seconds,
    limited,
    peak_mib,
)

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = "i-1234567890abcdef0"
COMPLIANT = {"Environment": "prod", "Owner": "web", "Application": "shop"}
VIOLATING = {"Name": "web-server"}
# Swept by every subject; only our function sweeps larger fleets.
COMMON_FLEET = 10_000
# Runs with the CPU of less memory.
LIMITED_EVENTS = 20


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of event, about instances with these tags."""

    title: str
    tags: dict[str, str]
    # Whether the state table already has it as open.
    is_open: bool = False
    # Whether the table's stream sends it.
    is_wake: bool = False

    def violations(self, events: int) -> int:
        """How many violations this many events count."""
        return events if self.tags is VIOLATING and not self.is_wake else 0

    def alerts(self, events: int, subject: Subject) -> int:
        """How many violations a subject alerts: each once, through its stream, or each whenever it sees it."""
        return events if self.is_wake else 0 if subject.remembers else self.violations(events)


KINDS = (
    Kind("compliant", COMPLIANT),
    Kind("a violation opens", VIOLATING),
    Kind("it is seen again", VIOLATING, is_open=True),
    Kind("it is told", VIOLATING, is_open=True, is_wake=True),
)


def kinds_of(subject: Subject) -> list[Kind]:
    """The kinds that a subject can be measured with: without memory, every violation is new."""
    return [kind for kind in KINDS if subject.remembers or not kind.is_open]


@dataclass
class Events:
    """The measurements of one kind of event, one value for each run."""

    ready_ms: list[float] = field(default_factory=list)
    cold_ms: list[float] = field(default_factory=list)
    cold_cpu_ms: list[float] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)
    warm_cpu_ms: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)
    log_bytes: list[float] = field(default_factory=list)
    # Calls of one event, and the extra ones of a process's first.
    calls: Counter[str] = field(default_factory=Counter)
    first_calls: Counter[str] = field(default_factory=Counter)


@dataclass
class Sweeps:
    """The measurements of sweeps of one fleet, one value for each run."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    stub_cpu_seconds: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)
    invocations: list[float] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)


@dataclass
class Limits:
    """The measurements with the CPU of less memory."""

    warm_ms: dict[str, float] = field(default_factory=dict)
    sweep_seconds: float | None = None
    invocations: int = 0


def progress(text: str) -> None:
    """Shows what is running."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def check(subject: Subject, report: Report, violations: int, alerts: int | None = None) -> None:
    """Fails unless the subject did its work, and found and alerted the right number of violations."""
    found = subject.counted(report.metrics) or 0
    if found != violations or report.refused:
        raise Failed(f"{subject.name} counted {found} violations of {violations}; refused: {dict(report.refused)}")
    if alerts not in (None, report.alerts):
        raise Failed(f"{subject.name} sent {report.alerts} alerts, not {alerts}")


def seen_at(seconds: int) -> str:
    """The time of an event. Events in the same second may need the same key in the audit log, which costs a second call."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1, seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def learn(stub: StubProcess, subject: Subject) -> None:
    """Keeps the table's item of a subject's policy, so that no event is measured as the first of a deployment."""
    stub.show({INSTANCE: COMPLIANT})
    with subject.process() as process:
        process.invoke(state_change(INSTANCE))
    if not (policy := stub.report().policy):
        raise Failed(f"{subject.name} has not written down its policy")
    subject.policy = {name: value for name, value in policy.items() if name != "base"}


def arrange(stub: StubProcess, subject: Subject, kind: Kind, count: int) -> list[dict[str, Any]]:
    """Resets the stub to what this many events of a kind need, and returns the events."""
    # A violation opens, or is alerted, once, so each event has another instance.
    opens = kind.tags is VIOLATING and (kind.is_wake or not kind.is_open)
    ids = [f"i-{number:017x}" for number in range(count)] if opens else [INSTANCE] * count
    stub.show(dict.fromkeys(ids, kind.tags), policy=subject.policy)
    if kind.is_open:
        with subject.process() as process:
            for number, instance_id in enumerate(dict.fromkeys(ids)):
                process.invoke(state_change(instance_id, time=seen_at(10_000 + 2 * number)))
        stub.forget()
    if kind.is_wake:
        let_pass(stub)
        return [{"Records": [wake]} for wake in stub.wakes()]
    return [state_change(instance_id, time=seen_at(2 * number)) for number, instance_id in enumerate(ids)]


def let_pass(stub: StubProcess) -> None:
    """Skips the time that a wake would wait: until EC2 is consistent, and since the last message."""
    stub.let_pass(60)


def timed(stub: StubProcess, process: Process, kind: Kind, events: list[dict[str, Any]]) -> list[float]:
    """The seconds of each event."""
    took = []
    for event in events:
        if kind.is_wake:
            let_pass(stub)
        sent = time.perf_counter()
        process.invoke(event)
        took.append(time.perf_counter() - sent)
    return took


def measure_events(stub: StubProcess, subject: Subject, kind: Kind, warm: int, events: Events) -> None:
    """One process: its first event, and warm ones."""
    first_event, *others = arrange(stub, subject, kind, warm + 1)
    began = time.perf_counter()
    with subject.process() as process:
        events.ready_ms.append((time.perf_counter() - began) * 1e3)
        process.invoke(first_event)
        events.cold_ms.append((time.perf_counter() - began) * 1e3)
        cpu = cpu_seconds(process.pid)
        events.cold_cpu_ms.append(cpu * 1e3)
        first, logged = stub.report(), process.log_bytes()
        took = timed(stub, process, kind, others)
        events.peak_mib.append(peak_mib(process.pid))
        if not warm:
            events.first_calls = first.calls
            return
        events.warm_ms.append(statistics.median(took) * 1e3)
        events.warm_cpu_ms.append((cpu_seconds(process.pid) - cpu) / warm * 1e3)
        events.log_bytes.append((process.log_bytes() - logged) / warm)
    report = stub.report()
    check(subject, report, kind.violations(warm + 1), kind.alerts(warm + 1, subject))
    later = report.calls - first.calls
    if any(count % warm for count in later.values()):
        raise Failed(f"{subject.name}: events differ in their calls: {dict(later)} in {warm} events")
    events.calls = Counter({call: count // warm for call, count in later.items()})
    events.first_calls = first.calls - events.calls


def carry_through(stub: StubProcess, process: Process, event: dict[str, Any]) -> tuple[int, Report]:
    """A sweep with all its invocations: their number, and the final answer."""
    process.invoke(event)
    invocations = 1
    report = stub.report()
    while report.delayed:
        answer = process.invoke({"Records": [record(Message(body)) for body in report.delayed]})
        if answer["batchItemFailures"]:
            raise Failed(f"the sweep does not continue: {answer}")
        invocations += 1
        report = stub.report()
    return invocations, report


def measure_sweep(stub: StubProcess, subject: Subject, count: int, latency: float, sweeps: Sweeps) -> None:
    """One process that sweeps a fleet, in as many invocations as that takes."""
    stub_cpu = stub.report().cpu_seconds
    stub.show_fleet(count, latency, subject.policy)
    process, event = subject.sweeper()
    began = time.perf_counter()
    with process:
        invocations, report = carry_through(stub, process, event)
        sweeps.seconds.append(time.perf_counter() - began)
        sweeps.cpu_seconds.append(cpu_seconds(process.pid))
        sweeps.peak_mib.append(peak_mib(process.pid))
    sweeps.stub_cpu_seconds.append(report.cpu_seconds - stub_cpu)
    sweeps.invocations.append(invocations)
    sweeps.calls = report.calls
    check(subject, report, GeneratedFleet(count).expected()["nonCompliant"])


def measure_limited(stub: StubProcess, subject: Subject, given: argparse.Namespace, limits: Limits) -> None:
    """Warm events, and a sweep by our function, with the CPU that comes with less memory."""
    for kind in kinds_of(subject):
        first_event, *others = arrange(stub, subject, kind, LIMITED_EVENTS + 1)
        with subject.process() as process:
            process.invoke(first_event)
            with limited(process.pid, share(given.memory)):
                took = timed(stub, process, kind, others)
        limits.warm_ms[kind.title] = statistics.median(took) * 1e3
    if isinstance(subject, Ours):
        stub.show_fleet(COMMON_FLEET, given.latency, subject.policy)
        process, event = subject.sweeper()
        began = time.perf_counter()
        with process, limited(process.pid, share(given.memory)):
            limits.invocations = carry_through(stub, process, event)[0]
        limits.sweep_seconds = time.perf_counter() - began


def listed(calls: Counter[str]) -> str:
    """Calls, formatted for a table cell."""
    return ", ".join(f"{call.partition(':')[2]} {count:,}" for call, count in sorted(calls.items())) or "none"


def number(value: float) -> str:
    """At most three significant digits."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def table(subjects: list[Subject], rows: list[tuple[str, dict[str, float | str]]]) -> str:
    """A table of medians, with the ratio to ours for the others."""
    lines = ["| | " + " | ".join(subject.name for subject in subjects) + " |", "|---|" + "---|" * len(subjects)]
    for title, values in rows:
        cells = []
        for subject in subjects:
            value = values.get(subject.name, "")
            ours = values.get(subjects[0].name)
            if isinstance(value, str):
                cells.append(value)
            elif subject is subjects[0] or not isinstance(ours, float):
                cells.append(number(value))
            else:
                cells.append(f"{number(value)} (× {number(value / ours)})")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def event_table(subjects: list[Subject], results: dict[str, dict[Kind, Events]], packaged: dict[Kind, Events]) -> str:
    """The table of events."""

    def row(title: str, kind: Kind, value: Callable[[Events], float | str]) -> tuple[str, dict[str, float | str]]:
        measured = {subject.name: results[subject.name].get(kind) for subject in subjects}
        return title, {name: value(events) for name, events in measured.items() if events}

    median = statistics.median
    rows: list[tuple[str, dict[str, float | str]]] = [
        ("deployed package, KB", {subject.name: subject.zip_bytes / 1e3 for subject in subjects})
    ]
    for kind in (kind for kind in KINDS if any(kind in results[subject.name] for subject in subjects[1:] or subjects)):
        rows.append(row(f"{kind.title}: first answer of a new process, ms", kind, lambda events: median(events.cold_ms)))
        if kind in packaged:
            rows.append(("the same, with its code as packaged", {Custodian.name: median(packaged[kind].cold_ms)}))
        rows += [
            row("CPU time until then, ms", kind, lambda events: median(events.cold_cpu_ms)),
            row(f"{kind.title}: warm, ms", kind, lambda events: median(events.warm_ms)),
            row("CPU time of a warm event, ms", kind, lambda events: median(events.warm_cpu_ms)),
            row("peak of memory, MiB", kind, lambda events: median(events.peak_mib)),
            row("log, bytes an event", kind, lambda events: median(events.log_bytes)),
            row("AWS calls of an event", kind, lambda events: listed(events.calls)),
            row("and once a process", kind, lambda events: listed(events.first_calls)),
        ]
    return table(subjects, rows)


def limit_table(subjects: list[Subject], limits: dict[str, Limits]) -> str:
    """The table of what less CPU does to warm events."""
    rows: list[tuple[str, dict[str, float | str]]] = []
    for kind in KINDS:
        taken = {subject.name: limits[subject.name].warm_ms.get(kind.title) for subject in subjects}
        rows.append((f"{kind.title}: warm, ms", {name: ms for name, ms in taken.items() if ms is not None}))
    return table(subjects, rows)


def sweep_table(results: dict[tuple[str, int], Sweeps]) -> str:
    """The table of sweeps."""
    lines = [
        "| instances | by | seconds | CPU seconds | peak of memory, MiB | invocations | AWS calls | stub's CPU seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    median = statistics.median
    for (name, count), sweeps in results.items():
        ours = results[Ours.name, count]

        def cell(value: Callable[[Sweeps], list[float]], sweeps: Sweeps = sweeps, ours: Sweeps = ours) -> str:
            text = number(median(value(sweeps)))
            return text if sweeps is ours else f"{text} (× {number(median(value(sweeps)) / median(value(ours)))})"

        invocations = f"{median(sweeps.invocations):.0f}" if name != Custodian.name else "a command"
        lines.append(
            f"| {count:,} | {name} | {cell(lambda sweeps: sweeps.seconds)} | {cell(lambda sweeps: sweeps.cpu_seconds)} "
            f"| {cell(lambda sweeps: sweeps.peak_mib)} | {invocations} | {listed(sweeps.calls)} "
            f"| {number(median(sweeps.stub_cpu_seconds))} |"
        )
    return "\n".join(lines)


def machine(python: Path | None) -> str:
    """The machine and the versions measured."""
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    text = f"{os.cpu_count()} cores of {model}, Linux {platform.release().partition('-')[0]}"
    if python:
        names = ("c7n", "boto3", "botocore")
        program = f"import importlib.metadata as m, platform as p; print(p.python_version(), *map(m.version, {names}))"
        found = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split()
        text += "; Python " + ", ".join([found[0], *map(" ".join, zip(names, found[1:], strict=True))])
    return text


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", type=Path, help="binary or zip of our function (default: this machine's release zip)")
    parser.add_argument(
        "--without-memory", type=Path, help="binary or zip of our function from before the state table, to measure too"
    )
    parser.add_argument("--before", type=Path, help="binary or zip of an earlier build of our function, to measure too")
    parser.add_argument("--without-events", action="store_true", help="measure our function with the event bus off, too")
    parser.add_argument("--peers-python", type=Path, help="Python with the peers installed (set by scripts/bench.sh)")
    parser.add_argument("--runs", type=int, default=7, help="processes for each kind of event (default: 7)")
    parser.add_argument("--warm", type=int, default=100, help="warm events for each process (default: 100)")
    parser.add_argument("--sweeps", type=int, default=3, help=f"sweeps of {COMMON_FLEET:,} instances by each subject (default: 3)")
    parser.add_argument(
        "--fleet", type=int, nargs="*", default=[100_000, 1_000_000], help="fleet sizes that only our function sweeps, once each"
    )
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that a call of EC2 takes in a sweep (default: 0.05)")
    parser.add_argument("--memory", type=int, default=256, help="also measure with the share of a CPU for this many MB (default: 256)")
    parser.add_argument("--ours", action="store_true", help="without the peers")
    given = parser.parse_args()
    for name in ("runs", "warm"):
        if getattr(given, name) < 1:
            parser.error(f"--{name}: expected a number above 0, got {getattr(given, name)}")
    if not given.ours and not given.peers_python:
        parser.error("--peers-python: expected a Python with the peers installed; scripts/bench.sh sets it")
    if given.bootstrap is None:
        architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
        given.bootstrap = ROOT / "target" / "lambda" / f"bootstrap-{architecture}.zip"
    if not given.bootstrap.exists():
        parser.error(f"--bootstrap: there is no {given.bootstrap}; run scripts/build.sh --release, or name another one")
    for name, build in (("before", given.before), ("without-memory", given.without_memory)):
        if build and not build.exists():
            parser.error(f"--{name}: there is no {build}")
    return given


def main() -> None:
    given = arguments()
    with contextlib.ExitStack() as stack:
        stub = stack.enter_context(StubProcess())

        def folder() -> Path:
            return Path(stack.enter_context(tempfile.TemporaryDirectory()))

        subjects: list[Subject] = [Ours(stub, given.bootstrap, folder())]
        builds: list[tuple[type[Ours], Path | None]] = [
            (WithoutEvents, given.bootstrap if given.without_events else None),
            (Before, given.before),
            (WithoutMemory, given.without_memory),
        ]
        besides: list[Subject] = [kind(stub, build, folder()) for kind, build in builds if build]
        as_packaged: list[Subject] = []
        if not given.ours:
            subjects += [Boto3(stub, given.peers_python), Custodian(stub, given.peers_python, folder())]
            as_packaged.append(CustodianAsPackaged(stub, given.peers_python, folder()))
        for subject in subjects + besides:
            if subject.remembers:
                learn(stub, subject)
        load = os.getloadavg()[0]
        results = {subject.name: {kind: Events() for kind in kinds_of(subject)} for subject in subjects + besides}
        packaged = {kind: Events() for subject in as_packaged for kind in kinds_of(subject)}
        # Alternating, so that a busy minute of the machine does not hit only one subject.
        for run in range(given.runs):
            progress(f"events, run {run + 1} of {given.runs}")
            for kind in KINDS:
                for subject in subjects + besides:
                    if kind in results[subject.name]:
                        measure_events(stub, subject, kind, given.warm, results[subject.name][kind])
                for subject in as_packaged:
                    if kind in packaged:
                        measure_events(stub, subject, kind, 0, packaged[kind])
        limits = {subject.name: Limits() for subject in subjects}
        for subject in subjects:
            progress(f"the CPU of {given.memory} MB, {subject.name}")
            measure_limited(stub, subject, given, limits[subject.name])
        sweeps = {(subject.name, COMMON_FLEET): Sweeps() for subject in subjects if given.sweeps}
        for run in range(given.sweeps):
            for subject in subjects:
                progress(f"{COMMON_FLEET:,} instances, run {run + 1} of {given.sweeps}, {subject.name}")
                measure_sweep(stub, subject, COMMON_FLEET, given.latency, sweeps[subject.name, COMMON_FLEET])
        for count in given.fleet:
            progress(f"{count:,} instances")
            sweeps[Ours.name, count] = Sweeps()
            measure_sweep(stub, subjects[0], count, given.latency, sweeps[Ours.name, count])
    print(
        f"{machine(given.peers_python)}; load before {load:.1f}, after {os.getloadavg()[0]:.1f}. "
        f"Medians of {given.runs} processes with {given.warm} warm events each.\n"
    )
    print(event_table(subjects, results, packaged))
    if besides:
        print(f"\nBeside other builds and settings:\n\n{event_table([subjects[0], *besides], results, {})}")
    ready = [value for events in results[Ours.name].values() for value in events.ready_ms]
    print(f"\nFrom its start until it asks for its first event, our function takes {statistics.median(ready):.1f} ms.")
    ours = limits[Ours.name]
    print(
        f"\nWith the CPU of {given.memory} MB, {share(given.memory):.3f} of one: medians of {LIMITED_EVENTS} events; our "
        f"function sweeps {COMMON_FLEET:,} instances in {number(ours.sweep_seconds or 0)} s, in {ours.invocations} "
        f"invocation{'s' * (ours.invocations > 1)}.\n"
    )
    print(limit_table(subjects, limits))
    if sweeps:
        print(f"\nMedians of {given.sweeps} sweeps of {COMMON_FLEET:,} instances; larger fleets once. "
              f"Each call of EC2 takes {given.latency * 1e3:.0f} ms.\n")
        print(sweep_table(sweeps))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
