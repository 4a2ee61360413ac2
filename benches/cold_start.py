"""Measures the bootstrap: start-up, first and warm answers, memory, AWS calls.

usage: scripts/standin.sh python benches/cold_start.py [--bootstrap PATH] [--runs N] [--plain-http]

Each run is a fresh process against a Lambda Runtime API and four AWS endpoints of this script, one port a service as
AWS has one host a service. TLS is on: the process trusts this machine's root certificates and one made here, so that it
parses as many as it would on Lambda.
"""

import argparse
import collections
import http.server
import json
import os
import queue
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from function.stub.tls import certificate  # noqa: E402

SERVICES = ("EC2", "S3", "SNS", "CLOUDWATCH")
WARM_EVENTS = 50
DEFAULT_POLICY = json.dumps(
    {
        "required_tags": [
            {"key": "Environment", "allowed_values": ["dev", "staging", "prod"]},
            {"key": "Owner"},
            {"key": "Application"},
        ]
    }
)
COMPLIANT = {"Environment": "prod", "Owner": "web", "Application": "shop"}


class Handler(http.server.BaseHTTPRequestHandler):
    """What both servers share: HTTP/1.1 with keep-alive, and silence."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Requests are counted, not logged."""

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Aws(Handler):
    """One service of AWS, which knows one instance."""

    def do_POST(self) -> None:
        self.body()
        server = self.server
        server.calls[server.service] += 1
        if server.service == "EC2":
            tags = "".join(
                f"<item><key>{key}</key><value>{value}</value></item>" for key, value in server.tags.items()
            )
            self.answer(
                200,
                (
                    '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>'
                    "<ownerId>123456789012</ownerId><instancesSet><item><instanceId>i-1234567890abcdef0</instanceId>"
                    "<instanceState><code>16</code><name>running</name></instanceState>"
                    f"<tagSet>{tags}</tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
                ).encode(),
                Content_Type="text/xml",
            )
        elif server.service == "SNS":
            self.answer(
                200,
                b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
                b"<MessageId>1</MessageId></PublishResult></PublishResponse>",
                Content_Type="text/xml",
            )
        else:
            self.answer(200, b"\xa0", smithy_protocol="rpc-v2-cbor", Content_Type="application/cbor")

    def do_PUT(self) -> None:
        self.body()
        self.server.calls[self.server.service] += 1
        self.answer(200, ETag='"1"')


class RuntimeApi(Handler):
    """Lambda's Runtime API, which hands out one event after the other."""

    def do_GET(self) -> None:
        self.server.asked.put(time.perf_counter())
        event = self.server.events.get()
        self.answer(
            200,
            json.dumps(event).encode(),
            Lambda_Runtime_Aws_Request_Id="11111111-2222-3333-4444-555555555555",
            Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 60_000),
            Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        )

    def do_POST(self) -> None:
        body = self.body()
        self.server.answered.put((time.perf_counter(), self.path, json.loads(body)))
        self.answer(202)


def serve(handler: type[Handler], context: ssl.SSLContext | None = None, **attributes: object) -> http.server.HTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    for name, value in attributes.items():
        setattr(server, name, value)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def event(number: int) -> dict:
    return {
        "version": "0",
        "id": f"event-{number}",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "time": "2025-12-03T10:00:00Z",
        "detail": {"instance-id": "i-1234567890abcdef0", "state": "running"},
    }


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise RuntimeError("no VmHWM")


def run(bootstrap: Path, environment: dict[str, str], tags: dict[str, str], aws: list) -> dict[str, float]:
    """One process: its first event, and warm ones."""
    for server in aws:
        server.tags = tags
    runtime = serve(RuntimeApi, events=queue.Queue(), asked=queue.Queue(), answered=queue.Queue())
    environment = environment | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}"}
    runtime.events.put(event(0))
    began = time.perf_counter()
    process = subprocess.Popen([bootstrap], env=environment, stdout=subprocess.DEVNULL)
    try:
        asked = runtime.asked.get(timeout=30)
        answered, path, answer = runtime.answered.get(timeout=30)
        if not path.endswith("/response"):
            raise RuntimeError(f"the function failed: {answer}")
        first_calls = dict(aws[0].calls)
        cpu = cpu_seconds(process.pid)
        warm = []
        for number in range(1, WARM_EVENTS + 1):
            runtime.asked.get(timeout=30)
            sent = time.perf_counter()
            runtime.events.put(event(number))
            warm.append(runtime.answered.get(timeout=30)[0] - sent)
        runtime.asked.get(timeout=30)
        return {
            "start to first /next, ms": (asked - began) * 1e3,
            "start to first answer, ms": (answered - began) * 1e3,
            "warm answer, ms": statistics.median(warm) * 1e3,
            "warm CPU, ms": (cpu_seconds(process.pid) - cpu) / WARM_EVENTS * 1e3,
            "peak memory, MiB": peak_kib(process.pid) / 1024,
            **{f"calls to {service}": first_calls.get(service, 0) for service in SERVICES},
        }
    finally:
        process.kill()
        process.wait()
        runtime.shutdown()
        runtime.server_close()
        for server in aws:
            server.calls.clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", type=Path, help="the binary (that of target/lambda/bootstrap-*.zip)")
    parser.add_argument("--runs", type=int, default=20, help="processes for each kind of event (20)")
    parser.add_argument("--policy", type=Path, help="a tag policy (Terraform's default)")
    parser.add_argument("--plain-http", action="store_true", help="without TLS")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bootstrap = arguments.bootstrap
        if bootstrap is None:
            architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
            archive = ROOT / "target" / "lambda" / f"bootstrap-{architecture}.zip"
            if not archive.exists():
                raise SystemExit(f"There is no {archive}: run scripts/build.sh --release, or give --bootstrap.")
            print(f"zip: {archive.stat().st_size / 1e6:.2f} MB")
            with zipfile.ZipFile(archive) as opened:
                bootstrap = Path(opened.extract("bootstrap", folder))
            bootstrap.chmod(0o755)
        print(f"binary: {bootstrap.stat().st_size / 1e6:.2f} MB, {arguments.runs} runs, medians")

        context, trusted = certificate(folder)
        calls: collections.Counter[str] = collections.Counter()
        aws = [
            serve(Aws, None if arguments.plain_http else context, service=service, calls=calls, tags={})
            for service in SERVICES
        ]
        scheme = "http" if arguments.plain_http else "https"
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "SSL_CERT_FILE": str(trusted),
            "LOG_BUCKET_NAME": "logs",
            "LOG_BUCKET_OWNER": "123456789012",
            "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alerts",
            "METRIC_NAMESPACE": "Bench",
            "WATCHED_STATES": "running,stopped",
            "SETTLE_SECONDS": "0",
            "SWEEP_DIGEST": "violations",
            "TAG_POLICY": arguments.policy.read_text(encoding="utf-8") if arguments.policy else DEFAULT_POLICY,
        }
        for service, server in zip(SERVICES, aws, strict=True):
            environment[f"AWS_ENDPOINT_URL_{service}"] = f"{scheme}://127.0.0.1:{server.server_port}"
        for title, tags in (("compliant", COMPLIANT), ("non-compliant", {})):
            results = [run(bootstrap, environment, tags, aws) for _ in range(arguments.runs)]
            print(f"\n{title} event, {scheme}")
            for measure in results[0]:
                print(f"  {measure:<28} {statistics.median(result[measure] for result in results):8.2f}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
