"""Where the region of a deployment is found. Pure, apart from a local server."""

from __future__ import annotations

import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from ops import aws_region


class ProfileTest(unittest.TestCase):
    def region(self, config: str, credentials: str = "", **environment: str) -> str:
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home, ".aws")
            folder.mkdir()
            (folder / "config").write_text(config, encoding="utf-8")
            (folder / "credentials").write_text(credentials, encoding="utf-8")
            return aws_region.of_profile({"HOME": home, **environment})

    def test_the_profile_in_use_names_it(self) -> None:
        config = (
            "[default]\nregion = us-east-1\n[profile prod]\nregion=eu-west-1\ns3 =\n  max_queue_size = 1\n"
            "[profile dev]\noutput = json\n[sso-session x]\nsso_region = us-west-2\n"
        )
        self.assertEqual(self.region(config), "us-east-1")
        self.assertEqual(self.region(config, AWS_PROFILE="prod"), "eu-west-1")
        self.assertEqual(self.region(config, AWS_DEFAULT_PROFILE="prod"), "eu-west-1")
        self.assertEqual(self.region(config, AWS_PROFILE="dev"), "")
        self.assertEqual(self.region(config, AWS_PROFILE="other"), "")

    def test_the_credentials_file_can_name_it_too(self) -> None:
        self.assertEqual(self.region("", "[prod]\nregion = eu-north-1\n", AWS_PROFILE="prod"), "eu-north-1")

    def test_other_files_can_be_named(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="utf-8-sig") as file:
            file.write("[profile default]\nregion = ap-south-1\n")
            file.flush()
            self.assertEqual(self.region("[default]\nregion = us-east-1\n", AWS_CONFIG_FILE=file.name), "ap-south-1")

    def test_what_cannot_be_read_names_none(self) -> None:
        self.assertEqual(self.region("region = us-east-1\n"), "")
        self.assertEqual(aws_region.of_profile({"HOME": "/nonexistent"}), "")


class EnvironmentTest(unittest.TestCase):
    def test_the_first_variable_wins(self) -> None:
        both = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"}
        self.assertEqual(aws_region.of_environment(both), "us-east-1")
        self.assertEqual(aws_region.of_environment({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}), "eu-west-1")
        self.assertEqual(aws_region.of_environment({}), "")


class InstanceTest(unittest.TestCase):
    def test_an_instance_tells_its_own(self) -> None:
        class Metadata(BaseHTTPRequestHandler):
            def answer(self, text: str) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def do_PUT(self) -> None:
                self.answer("token" if self.path == "/latest/api/token" else "")

            def do_GET(self) -> None:
                asked = (self.path, self.headers.get("X-aws-ec2-metadata-token"))
                self.answer("us-west-2" if asked == ("/latest/meta-data/placement/region", "token") else "")

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Metadata)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        endpoint = f"http://127.0.0.1:{server.server_port}"
        environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
        self.assertEqual(aws_region.of_instance(environment), "us-west-2")
        self.assertEqual(aws_region.of_instance({**environment, "AWS_EC2_METADATA_DISABLED": "true"}), "")

    def test_elsewhere_nobody_answers(self) -> None:
        self.assertEqual(aws_region.of_instance({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}), "")
