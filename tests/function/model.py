"""The specification again, in Python: what becomes of an event."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

REQUIRED: dict[str, list[str] | None] = {"Environment": ["dev", "staging", "prod"], "Owner": None, "Application": None}
LIMITS = json.loads((Path(__file__).parents[2] / "terraform/modules/tag-policy/limits.json").read_text())
# RE2's \x{2800} is Python's \U00002800.
BLANK = re.compile(re.sub(r"\\x\{(\w+)\}", lambda code: rf"\U{code[1]:0>8}", LIMITS["blank"]) + "*")
KEY = re.compile(r"(scans/[\d-]{10}/(?:i-[0-9a-f]+-\d+|fleet-\d+-\d+))(-\d+)?((?:-provisional)?\.jsonl?)")
BATCH_KEY = re.compile(r"scans/([\d-]{10})/batch-(\d+)-([0-9a-f]{32})\.jsonl")
INSTANCE_ID = re.compile("i-(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{17})")


@dataclass(frozen=True)
class Evaluation:
    """What is wrong with an instance's tags."""

    missing: tuple[str, ...]
    invalid: tuple[str, ...]

    @property
    def is_compliant(self) -> bool:
        return not self.missing and not self.invalid


def evaluate(tags: dict[str, str]) -> Evaluation:
    """Evaluates an instance's tags by the default policy."""
    missing = tuple(key for key in REQUIRED if key not in tags)
    invalid = tuple(
        key
        for key, allowed in REQUIRED.items()
        if key in tags and (BLANK.fullmatch(tags[key]) or (allowed is not None and tags[key] not in allowed))
    )
    return Evaluation(missing, invalid)


def _recorded_at(event: dict) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(event["time"])
    if "id" not in event:
        return time
    millis = int.from_bytes(hashlib.sha256(event["id"].encode()).digest()[:8]) % 1000
    return time.replace(microsecond=millis * 1000)


def _epoch_millis(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


def audit_key(instance_id: str, event: dict, *, provisional: bool = False) -> str:
    """The key of the audit record, with the event's day, second and milliseconds."""
    moment = _recorded_at(event)
    suffix = "-provisional" if provisional else ""
    return f"scans/{moment:%Y-%m-%d}/{instance_id}-{_epoch_millis(moment)}{suffix}.json"


def _event_of(line: dict) -> dict:
    """The event that a record is of."""
    return {"time": line["eventTime"]} | ({"id": line["eventId"]} if "eventId" in line else {})


def own_key(line: dict) -> str:
    """The key that a record of a batch would have as an object of its own."""
    return audit_key(line["instanceId"], _event_of(line), provisional=line.get("provisional", False))


def is_batch(key: str, body: bytes) -> bool:
    """Whether an object is of a batch; its key has to say what is in it: a day, the earliest event, and a hash."""
    parts = BATCH_KEY.fullmatch(key)
    if parts:
        moments = [_recorded_at(_event_of(json.loads(line))) for line in body.splitlines()]
        assert {f"{moment:%Y-%m-%d}" for moment in moments} == {parts[1]}, key
        assert _epoch_millis(min(moments)) == int(parts[2]), key
        assert hashlib.sha256(body).hexdigest()[:32] == parts[3], key
    return parts is not None


def earlier_key(key: str) -> tuple[str, bool]:
    """The key of the first look at an event, and whether this key is of a later look."""
    parts = KEY.fullmatch(key)
    assert parts, key
    return parts[1] + parts[3], parts[2] is not None


def sweep_prefix(event: dict) -> str:
    """The prefix of the keys of a sweep's pages."""
    moment = _recorded_at(event)
    return f"scans/{moment:%Y-%m-%d}/fleet-{_epoch_millis(moment)}-"
