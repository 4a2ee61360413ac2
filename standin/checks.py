"""Checks before MiniStack is imported and served."""

from __future__ import annotations

import ipaddress
from importlib import metadata

SUPPORTED_MINISTACK = "1.5.33"


class Refused(Exception):
    """The stand-in must not start; the text says why and what to do."""


def require_supported_ministack() -> None:
    """Refuse any MiniStack but the one whose internals this package wraps."""
    try:
        installed = metadata.version("ministack")
    except metadata.PackageNotFoundError:
        raise Refused(
            f"MiniStack is not installed; this stand-in needs ministack=={SUPPORTED_MINISTACK} "
            "(standin/requirements.txt)"
        ) from None
    if installed != SUPPORTED_MINISTACK:
        raise Refused(
            f"MiniStack {installed} is installed, but this stand-in wraps the internals of "
            f"{SUPPORTED_MINISTACK}; install standin/requirements.txt"
        )


def require_loopback(host: str) -> None:
    """Refuse to listen where another machine could reach an AWS without real credentials."""
    try:
        loopback = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise Refused(f"BIND_HOST={host} is not an IPv4 loopback address; use 127.0.0.1")
