"""Prints the region of the AWS configuration, found as Terraform's provider finds it, or nothing.

Looks in the environment, the profile in the shared files, and the metadata of the EC2 instance that it runs on:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration
"""

from __future__ import annotations

import configparser
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path

INSTANCE_METADATA = "http://169.254.169.254"
# On an instance the answer is immediate; anywhere else there is none.
SECONDS = 1.0


def of_environment(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""


def of_profile(environment: Mapping[str, str]) -> str:
    profile = environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE") or "default"
    folder = Path(environment.get("HOME", "/")) / ".aws"
    for variable, name, sections in (
        ("AWS_CONFIG_FILE", "config", (f"profile {profile}", *(["default"] if profile == "default" else []))),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", (profile,)),
    ):
        parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True, default_section="\0")
        try:
            parser.read(environment.get(variable) or folder / name, encoding="utf-8-sig")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in sections:
            region = parser.get(section, "region", fallback=None)
            if region:
                return region.strip()
    return ""


def of_instance(environment: Mapping[str, str]) -> str:
    """The region of the EC2 instance that this runs on."""
    if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return ""
    base = (environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or INSTANCE_METADATA).rstrip("/")
    # The metadata service is never behind a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    try:
        request = urllib.request.Request(f"{base}/latest/api/token", method="PUT", headers=headers)
        with opener.open(request, timeout=SECONDS) as answer:
            headers = {"X-aws-ec2-metadata-token": answer.read().decode()}
        request = urllib.request.Request(f"{base}/latest/meta-data/placement/region", headers=headers)
        with opener.open(request, timeout=SECONDS) as answer:
            region: str = answer.read().decode().strip()
            return region
    except (OSError, ValueError):
        return ""


def main() -> None:
    for look in (of_environment, of_profile, of_instance):
        if region := look(os.environ):
            print(region)
            return


if __name__ == "__main__":
    main()
