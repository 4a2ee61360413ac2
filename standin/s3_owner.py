"""S3's check of ``x-amz-expected-bucket-owner``, which MiniStack leaves out."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import s3


def install() -> None:
    """Reject a call that names an owner other than the bucket's account."""
    handle = s3.handle_request

    async def handle_for_owner(method: str, path: str, headers: dict, *args: Any, **kwargs: Any) -> Any:
        expected = headers.get("x-amz-expected-bucket-owner")
        if expected and expected != get_account_id():
            return s3._error("AccessDenied", "Access Denied", 403, path)
        return await handle(method, path, headers, *args, **kwargs)

    s3.handle_request = handle_for_owner
