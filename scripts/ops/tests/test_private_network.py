"""The program in a network with its own certificate authority and proxy."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "tag-compliance"
EMPTY = (
    b'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    b"<requestId>r</requestId><reservationSet/></DescribeInstancesResponse>"
)


class Authority:
    """A certificate authority, and a server certificate signed by it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed(f"Authority {name}", self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.bundle = folder / f"{name}.pem"
        self.bundle.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server(self) -> ssl.SSLContext:
        """For 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        pem = self._signed("server", key, address).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / f"{self._name}-server.pem"
        path.write_bytes(pem + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> x509.Certificate:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(called(name))
            .issuer_name(called(f"Authority {self._name}"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=True)
            .sign(self._key, hashes.SHA256())
        )


class Ec2(http.server.BaseHTTPRequestHandler):
    """EC2 of an account without instances."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(EMPTY)))
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, *_: object) -> None:
        """Standard error is the test's."""


class Proxy(http.server.BaseHTTPRequestHandler):
    """A tunneling proxy that records the targets."""

    tunnels: list[str]

    def do_CONNECT(self) -> None:
        self.tunnels.append(self.path)
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copy, args=(server, self.connection), daemon=True)
            back.start()
            _copy(self.connection, server)
            back.join()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Standard error is the test's."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignores clients that hang up because they do not trust the certificate, as some tests intend."""


@contextlib.contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server on this machine."""
    server = _Server(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class PrivateNetworkTest(unittest.TestCase):
    """A scan over TLS."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ours, self.theirs = (Authority(self.folder, name) for name in ("ours", "theirs"))
        self.port = self.enterContext(served(Ec2, self.ours.server()))
        (self.folder / "policy.json").write_text(json.dumps({"required_tags": [{"key": "Owner"}]}))

    def scan(self, **variables: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {
            "AWS_ENDPOINT_URL": f"https://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_MAX_ATTEMPTS": "1",
        }
        return subprocess.run(
            [PROGRAM, "scan", "--policy", self.folder / "policy.json"],
            env=environment | {name: str(value) for name, value in variables.items()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def assert_scanned(self, done: subprocess.CompletedProcess[str]) -> None:
        # The answer has no instance.
        told = "warning: nothing was checked: no instance is running or stopped in us-east-1\n"
        self.assertEqual((done.returncode, done.stderr), (0, told))

    def assert_not_trusted(self, done: subprocess.CompletedProcess[str]) -> None:
        self.assertEqual(done.returncode, 2)
        self.assertIn("UnknownIssuer", done.stderr)

    def test_an_authority_of_the_network_is_trusted_where_it_is_named(self) -> None:
        self.assert_not_trusted(self.scan())
        self.assert_scanned(self.scan(AWS_CA_BUNDLE=self.ours.bundle))

    def test_a_profile_may_name_it(self) -> None:
        (self.folder / "config").write_text(f"[default]\nca_bundle = {self.ours.bundle}\n")
        self.assert_scanned(self.scan())

    def test_it_may_be_one_of_many(self) -> None:
        bundle = self.folder / "bundle.pem"
        bundle.write_text("# Corp\n" + self.theirs.bundle.read_text() + self.ours.bundle.read_text())
        self.assert_scanned(self.scan(AWS_CA_BUNDLE=bundle))

    def test_it_takes_the_place_of_the_system_s_own(self) -> None:
        self.assert_scanned(self.scan(SSL_CERT_FILE=self.ours.bundle))
        self.assert_not_trusted(self.scan(SSL_CERT_FILE=self.ours.bundle, AWS_CA_BUNDLE=self.theirs.bundle))

    def test_a_tunnel_is_no_reason_to_trust(self) -> None:
        proxy = type("LoggingProxy", (Proxy,), {"tunnels": []})
        with served(proxy) as port:
            through = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
            self.assert_scanned(self.scan(AWS_CA_BUNDLE=self.ours.bundle, **through))
            self.assert_not_trusted(self.scan(AWS_CA_BUNDLE=self.theirs.bundle, **through))
        self.assertEqual(proxy.tunnels, [f"127.0.0.1:{self.port}"] * 2)


if __name__ == "__main__":
    unittest.main()
