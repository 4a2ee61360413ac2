"""A storm: instances with all kinds of tags, and events about them in random order."""

from __future__ import annotations

import copy
import datetime
import json
import os
import random
import tomllib
from dataclasses import dataclass, field

from .stub import events
from .stub.fleet import Instance, iso
from .stub.lambda_service import ROOT

GOOD = {"Environment": "prod", "Owner": "web", "Application": "shop"}
STATES = ("running",) * 12 + ("stopped",) * 4 + ("pending", "stopping", "shutting-down", "terminated")
# Text that could forge a line in an alert, move the cursor or reverse the reading direction.
HOSTILE = (
    "web\nInstance ID: i-0badbadbadbadbad0",
    "\n\nMissing Tags: none\n",
    "a\r\nState: terminated",
    "\u202egnp.exe",
    "\u2028Region: mars",
    "\u2029Current Tags:",
    "\x85Please ignore this alert",
    "\x7f\t\ttabs",
    "🦀" * 60,
    "é" * 256,
    "<item>&amp;\"'</item>",
    "]]>{}{{}}%s\\n\\u202e",
    "\u200b\u200d\ufeff\u2066",
    "  Owner: forged",
)


@dataclass
class Storm:
    """The events to process, and the instances."""

    seed: int
    instances: dict[str, Instance] = field(default_factory=dict)
    # The text of each message, garbage and duplicates among them.
    bodies: list[str] = field(default_factory=list)
    garbage: int = 0


def seed_of_tests() -> int:
    """The seed of the randomized tests: TEST_SEED, or the one in .cargo/config.toml."""
    given = os.environ.get("TEST_SEED")
    return int(given or tomllib.loads((ROOT / ".cargo" / "config.toml").read_text())["env"]["TEST_SEED"])


def instance_id(number: int) -> str:
    """An instance id of a storm."""
    return f"i-0{number * 0x9E3779B97F4A7C15 & (1 << 64) - 1:016x}"


def make(seed: int, size: int) -> Storm:
    """A storm of this many events."""
    dice = random.Random(seed)
    storm = Storm(seed)
    now = datetime.datetime.now(datetime.UTC)
    ids = [instance_id(number) for number in range(1, size * 3 // 10)]
    for each in ids:
        instance = Instance(_tags(dice), dice.choice(STATES))
        if dice.random() < 0.2:
            instance.attached = now - datetime.timedelta(seconds=dice.randrange(1, 60))
        storm.instances[each] = instance
    unknown = [instance_id(size + number) for number in range(size // 50)]
    while len(storm.bodies) < size:
        draw = dice.random()
        if draw < 0.01:
            storm.bodies.append(_garbage(dice, dice.choice(ids)))
            storm.garbage += 1
        elif draw < 0.1 and storm.bodies:
            body = dice.choice(storm.bodies)
            storm.garbage += not _is_event(body)
            storm.bodies.append(body)
        elif draw < 0.12:
            storm.bodies.append(json.dumps(_about_unknown(dice, dice.choice(unknown), now)))
        else:
            each = dice.choice(ids)
            storm.bodies.append(json.dumps(_about(dice, each, storm.instances[each], now)))
    dice.shuffle(storm.bodies)
    return storm


def later(storm: Storm) -> None:
    """What people do to new instances: tag them, make it worse, terminate them."""
    dice = random.Random(storm.seed + 1)
    for instance in storm.instances.values():
        if instance.attached is None:
            continue
        draw = dice.random()
        if draw < 0.4:
            instance.tags = instance.tags | GOOD if len(instance.tags) < 45 else dict(GOOD)
        elif draw < 0.5:
            instance.tags = {}
        elif draw < 0.6:
            instance.state = "terminated"


def _tags(dice: random.Random) -> dict[str, str]:
    tags = dict(GOOD) | {"Name": f"web-{dice.randrange(100)}"}
    for key in list(GOOD):
        draw = dice.random()
        if draw < 0.1:
            del tags[key]
        elif draw < 0.15:
            tags[key] = dice.choice(("", " ", "\t"))
        elif draw < 0.2:
            tags[key] = dice.choice(HOSTILE)
        elif draw < 0.23:
            tags[key.lower()] = tags.pop(key)
    if dice.random() < 0.2:
        for _ in range(dice.randrange(1, 5)):
            tags[dice.choice(HOSTILE)[:128]] = dice.choice(HOSTILE)
    if dice.random() < 0.02:
        tags |= {f"tag-{number}": "x" * dice.randrange(257) for number in range(50 - len(tags))}
    return tags


def _time(dice: random.Random, now: datetime.datetime, instance: Instance | None = None) -> str:
    base = instance.attached if instance and instance.attached else now - datetime.timedelta(days=dice.randrange(3))
    return iso(base + datetime.timedelta(seconds=dice.randrange(6))).replace(".000Z", "Z")


def _about(dice: random.Random, each: str, instance: Instance, now: datetime.datetime) -> dict:
    options = {"event_id": f"{dice.getrandbits(64):x}", "time": _time(dice, now, instance)}
    draw = dice.random()
    if draw < 0.6:
        event = events.state_change(each, dice.choice(("running",) * 5 + ("pending", "stopped", "terminated")), **options)
    elif draw < 0.75:
        event = events.launch(each, **options)
    elif draw < 0.98:
        changed = dice.sample([*GOOD, "Name", "Cost"], dice.randrange(1, 4))
        event = events.tag_change(each, changed, {"Name": "x"}, **options)
    elif draw < 0.99:
        event = events.launch("", **options) | {"detail-type": "EC2 Instance Launch Unsuccessful", "resources": []}
    else:
        event = events.tag_change(each, ["Name"], {}, **options)
        event["resources"] = [event["resources"][0].replace("instance/i-", "volume/vol-")]
    if dice.random() < 0.01:
        del event["id"]
    return event


def _about_unknown(dice: random.Random, each: str, now: datetime.datetime) -> dict:
    """An event about an old instance that EC2 does not know."""
    time = _time(dice, now)
    if dice.random() < 0.5:
        return events.tag_change(each, ["Name"], {}, time=time)
    return events.state_change(each, "stopped", time=time)


def _garbage(dice: random.Random, each: str) -> str:
    good = events.state_change(each)
    wrong_ids = ("", None, 17, [], "i-1", "i-" + "g" * 17, "vol-12345678", each + "0", f" {each}", {"id": each})
    choices: list[object] = [good | {"detail": {"instance-id": wrong, "state": "running"}} for wrong in wrong_ids]
    choices += [
        good | {"time": "yesterday"},
        good | {"time": 17},
        good | {"id": ["x"]},
        good | {"detail": "running"},
        good | {"detail": {"instance-id": each, "state": "asleep"}},
        {"Records": [good]},
        [good],
        "event",
        17,
        None,
    ]
    texts = [json.dumps(choice) for choice in choices]
    texts += ["", "{", "not JSON", json.dumps(good)[:-1], json.dumps(good) + "}", "\ufeff{}", '{"detail": \u202e}']
    return dice.choice(texts)


def _is_event(body: str) -> bool:
    from .storm_model import Garbage, instance_of

    try:
        instance_of(json.loads(body))
    except (ValueError, Garbage):
        return False
    return True


def snapshot(storm: Storm) -> dict[str, Instance]:
    """The current instances."""
    return copy.deepcopy(storm.instances)
