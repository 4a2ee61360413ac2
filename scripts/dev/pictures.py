"""Draws the pictures of README and docs from the real thing, into docs/pictures: the report, and what is told of a violation.

usage: PYTHONPATH=scripts python3 -m dev.pictures [PROGRAM]

PROGRAM is tag-compliance, by default target/debug/tag-compliance (scripts/build.sh makes it). It scans a fleet that this
script serves as EC2 would, on 127.0.0.1, and its HTML page is the report. The messages are those that the snapshot tests of
the core hold. Needs the modules of scripts/dev/npm (`scripts/test.sh` installs them) for Teams, Chromium (Debian's package `chromium`; drawn with 156) on the PATH, or as CHROMIUM, and DejaVu's fonts.
"""

from __future__ import annotations

import datetime
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

from . import channel_pages

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
NOTIFICATION = ROOT / "crates/core/src/notification"
TITLE = NOTIFICATION / "title.rs"
ALERT = NOTIFICATION / "mail/alert/snapshots/tag_compliance_core__notification__mail__alert__tests__an_instance_of_a_group_is_fixed_there_too.snap"
MOST_BYTES = 150_000
REGION = "us-east-1"

POLICY = """
{"required_tags": [
  {"key": "Environment", "allowed_values": ["dev", "staging", "prod"], "severity": "high"},
  {"key": "Owner", "pattern": "[a-z]+-team", "example": "web-team", "severity": "high"},
  {"key": "CostCenter", "pattern": "[0-9]{4}", "example": "4711",
   "when": {"tags": [{"key": "Environment", "values": ["prod"]}]}}],
 "forbidden_tags": [{"key": "temp", "ignore_key_case": true}],
 "exemptions": [{"owner": "data-team", "reason": "moves to EKS", "expires": "2099-12-31",
                 "when": {"instance_ids": ["i-0c41d7b2a95e80f36"]}}]}
"""
# On-demand Linux in us-east-1.
PRICES = """region,instance_type,hourly_usd
us-east-1,m5.xlarge,0.192
us-east-1,t3.large,0.0832
us-east-1,t3.micro,0.0104
us-east-1,r6i.4xlarge,1.008
us-east-1,c7g.2xlarge,0.29
"""


@dataclass(frozen=True)
class Instance:
    """An instance as EC2 shows it; `tags` as `KEY=VALUE`, separated by spaces."""

    id: str
    type: str
    days: int
    tags: str
    state: str = "running"

    def xml(self) -> str:
        # A minute more, so that it is this age for a day.
        age = datetime.timedelta(days=self.days, minutes=1)
        launched = (datetime.datetime.now(datetime.timezone.utc) - age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        pairs = [tag.split("=", 1) for tag in self.tags.split()]
        tags = "".join(f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in pairs)
        return (
            f"<item><reservationId>r-1</reservationId><ownerId>123456789012</ownerId><instancesSet><item>"
            f"<instanceId>{self.id}</instanceId><instanceState><code>16</code><name>{self.state}</name></instanceState>"
            f"<instanceType>{self.type}</instanceType><launchTime>{launched}</launchTime>"
            f"<placement><availabilityZone>{REGION}a</availabilityZone></placement><tagSet>{tags}</tagSet>"
            "</item></instancesSet></item>"
        )


SHOP = "aws:autoscaling:groupName=shop-web"
FLEET = (
    *(
        Instance(f"i-0a1b2c3d4e5f6071{n}", "t3.large", 41, f"Name=shop-web-{n} Environment=prod Owner=web-team CostCenter=4711 {SHOP}")
        for n in range(1, 6)
    ),
    Instance("i-0a1b2c3d4e5f60716", "t3.large", 3, f"Name=shop-web-6 Environment=prod Owner=web-team costcenter=4711 {SHOP}"),
    Instance("i-0f3e81b7c2d9a4650", "r6i.4xlarge", 212, "Name=warehouse Environment=prod Owner=data-team"),
    Instance("i-0c41d7b2a95e80f36", "m5.xlarge", 730, "Name=etl-legacy Owner=data-team", "stopped"),
    Instance("i-0be2790d41f5c8a37", "m5.xlarge", 96, "Name=reporting Environment=production Owner=data-team temp=yes"),
    Instance("i-07d5a36e19c04fb82", "c7g.2xlarge", 19, "Name=ml-notebook Environment=dev"),
    Instance("i-0946bfa1ce2d7035b", "t3.micro", 12, "Name=build-agent-1 Environment=dev Owner=platform-team"),
    Instance("i-0946bfa1ce2d7035c", "t3.micro", 12, "Name=build-agent-2 Environment=dev Owner=platform-team"),
    Instance("i-0946bfa1ce2d7035d", "t3.micro", 12, "Name=mail Environment=staging Owner=platform-team"),
)

# Each channel's page, and how high its picture is.
CHANNELS: dict[str, tuple[Callable[[], str], int]] = {
    "slack": (channel_pages.slack, 590),
    "teams": (channel_pages.teams, 680),
    "chat": (channel_pages.chat, 730),
    "pagerduty": (channel_pages.pagerduty, 830),
    "jsm": (channel_pages.jsm, 760),
}


class Ec2(BaseHTTPRequestHandler):
    """Answers DescribeInstances with the fleet."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = (
            '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>'
            f"<reservationSet>{''.join(instance.xml() for instance in FLEET)}</reservationSet></DescribeInstancesResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody wants to read the requests."""


def report(program: Path, work: Path) -> str:
    """The page that `tag-compliance scan --output report.html` writes of the fleet."""
    (work / "policy.json").write_text(POLICY, encoding="utf-8")
    (work / "prices.csv").write_text(PRICES, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), Ec2) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [program, "scan", "--policy", "policy.json", "--prices", "prices.csv", "--output", "report.html"]
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "NO_PROXY": "127.0.0.1",
        }
        result = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
        server.shutdown()
    if result.returncode != 1:
        raise SystemExit(f"{program} scan: expected exit code 1, got {result.returncode}: {result.stderr}")
    return (work / "report.html").read_text(encoding="utf-8")


def subject(body: str) -> str:
    """The subject that the core gives to the alert of this instance."""
    title = re.compile(r'format!\("([^"{]*)\{\}([^"{]*)", self\.subject\.instance\.id\)')
    found = title.search(TITLE.read_text(encoding="utf-8"))
    instance = re.search(r"^Instance ID: (\S+)$", body, flags=re.MULTILINE)
    if not found or not instance:
        raise SystemExit("the alert's subject is not where it was: crates/core/src/notification/title.rs")
    return found[1] + instance[1] + found[2]


def alert() -> str:
    """The alert as a mail client shows it."""
    body = ALERT.read_text(encoding="utf-8").split("---\n", 2)[2]
    return f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 24px 28px; background: #fff; color: #1c2430; font: 15px/1.45 "DejaVu Sans", sans-serif; }}
h1 {{ margin: 0 0 4px; font-size: 19px; }}
p {{ margin: 0 0 16px; padding-bottom: 14px; color: #5a6675; font-size: 13px; border-bottom: 1px solid #e0e4ea; }}
pre {{ margin: 0; font: 12.5px/1.45 "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }}
</style><h1>{html.escape(subject(body))}</h1><p>AWS Notifications</p><pre>{html.escape(body)}</pre>"""


def draw(page: str, picture: Path, work: Path, width: int, height: int) -> None:
    """The page in a window of this size."""
    file = work / f"{picture.stem}.html"
    file.write_text(page, encoding="utf-8")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise SystemExit("Chromium is needed: Debian's package chromium, or its path as CHROMIUM")
    # Chromium's sandbox refuses root, as whom containers run; the page is ours and reads nothing.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--hide-scrollbars", "--disable-gpu", f"--user-data-dir={work / 'profile'}"]
    size = f"--window-size={width},{height}"
    command = [chromium, *options, *sandbox, size, f"--screenshot={picture}", file.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if result.returncode or not picture.exists():
        raise SystemExit(f"chromium: exit code {result.returncode}: {result.stderr[-2000:]}")
    if picture.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{picture}: expected at most {MOST_BYTES} bytes, got {picture.stat().st_size}")
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes")


def main(arguments: list[str]) -> int:
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0 if len(arguments) == 1 else 2
    program = Path(arguments[0] if arguments else ROOT / "target/debug/tag-compliance").absolute()
    if not program.exists():
        raise SystemExit(f"there is no {program}; scripts/build.sh makes it")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        draw(report(program, work), PICTURES / "report.png", work, 1200, 930)
        draw(alert(), PICTURES / "alert.png", work, 980, 760)
        for name, (page, height) in CHANNELS.items():
            draw(page(), PICTURES / f"{name}.png", work, 820, height)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
