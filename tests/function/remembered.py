"""Items of the state table, as the function writes them (docs/state-table.md)."""

from __future__ import annotations

import base64
import hashlib
import time

from .model import evaluate
from .stub.aws import BUCKET_OWNER, REGION
from .stub.table import Item

DAY_SECONDS = 86_400
# In the table, a finding is a hash of this many characters.
COMPLAINT_LENGTH = 6


def complaints(tags: dict[str, str]) -> str:
    """The findings by the default policy."""
    evaluation = evaluate(tags)
    kinds = [("missing", key) for key in evaluation.missing] + [("invalid", key) for key in evaluation.invalid]
    return "".join(sorted(_short(f"{kind}:{key}") for kind, key in kinds))


def _short(complaint: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(complaint.encode()).digest()).decode()[:COMPLAINT_LENGTH]


def key(instance_id: str) -> Item:
    """The key of an instance's item."""
    return {"pk": {"S": f"i#{BUCKET_OWNER}#{REGION}#{instance_id[-1]}"}, "sk": {"S": instance_id}}


def violation(instance_id: str, tags: dict[str, str], *, state: str = "open", days: float = 7) -> Item:
    """A violation opened some days ago, which was alerted if it is open."""
    opened = {"N": str(round(1000 * (time.time() - days * DAY_SECONDS)))}
    what = {"S": complaints(tags)}
    item = key(instance_id) | {
        "v": {"N": "1"},
        "st": {"S": state},
        "gen": opened,
        "what": what,
        "read": opened,
        "pol": {"S": "0" * 64},
        "key": {"S": f"scans/2026-01-01/{instance_id}-1767225600000.json"},
        "own": {"S": tags.get("Owner", "").strip() or "-"},
        "cause": {"S": "Auto Scaling group nodes-of-a-team"},
    }
    if state == "suspect":
        return item | {"due": opened, "grp": {"S": hashlib.sha256(tags.get("Owner", "").encode()).hexdigest()[:16]}}
    return item | {"tgen": opened, "twhat": what, "tat": opened}
