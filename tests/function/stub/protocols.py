"""The answers and errors in each AWS service's protocol."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import cbor2

from .http1 import Request, Response


class Refused(Exception):
    """A request that the service rejects; `outcome` is the outcome of the call."""

    def __init__(self, code: str, message: str, status: int = 400, outcome: str = "refused") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.outcome = outcome


@dataclass(frozen=True)
class Errors:
    """The errors that a service answers a good request with, too: code, message, HTTP status."""

    throttle: tuple[str, str, int]
    error: tuple[str, str, int]
    denied: tuple[str, str, int]


_NOT_AUTHORIZED = "User: arn:aws:sts::123456789012:assumed-role/checker/checker is not authorized to perform"

ERRORS = {
    "EC2": Errors(
        throttle=("RequestLimitExceeded", "Request limit exceeded.", 503),
        error=("InternalError", "An internal error has occurred", 500),
        denied=("UnauthorizedOperation", "You are not authorized to perform this operation.", 403),
    ),
    "S3": Errors(
        throttle=("SlowDown", "Please reduce your request rate.", 503),
        error=("InternalError", "We encountered an internal error. Please try again.", 500),
        denied=("AccessDenied", "Access Denied", 403),
    ),
    "SNS": Errors(
        throttle=("Throttling", "Rate exceeded", 400),
        error=("InternalError", "Internal error", 500),
        denied=("AuthorizationError", f"{_NOT_AUTHORIZED}: SNS:Publish", 403),
    ),
    "SQS": Errors(
        throttle=("RequestThrottled", "Request is throttled.", 400),
        error=("InternalFailure", "The request processing has failed.", 500),
        denied=("AccessDeniedException", f"{_NOT_AUTHORIZED}: sqs:sendmessage", 403),
    ),
    "CLOUDWATCH": Errors(
        throttle=("ThrottlingException", "Rate exceeded", 400),
        error=("InternalServiceFault", "Internal failure", 500),
        denied=("AccessDenied", f"{_NOT_AUTHORIZED}: cloudwatch:PutMetricData", 403),
    ),
    "DYNAMODB": Errors(
        throttle=("ThrottlingException", "Throughput exceeds the current capacity of your table or index.", 400),
        error=("InternalServerError", "Internal server error", 500),
        denied=("AccessDeniedException", f"{_NOT_AUTHORIZED}: dynamodb:UpdateItem", 400),
    ),
    "EVENTBRIDGE": Errors(
        throttle=("ThrottlingException", "Rate exceeded", 400),
        error=("InternalFailure", "The request processing has failed.", 500),
        denied=("AccessDeniedException", f"{_NOT_AUTHORIZED}: events:PutEvents", 400),
    ),
}


def error_response(service: str, code: str, message: str, status: int) -> Response:
    """An error as this service writes it."""
    if service == "SQS":
        body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": message}).encode()
        query_code = "AccessDenied" if code == "AccessDeniedException" else code
        fault = "Sender" if status < 500 else "Receiver"
        return Response(
            status, body, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-query-error": f"{query_code};{fault}"}
        )
    if service == "DYNAMODB":
        body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}).encode()
        return Response(status, body, {"Content-Type": "application/x-amz-json-1.0"})
    if service == "EVENTBRIDGE":
        body = json.dumps({"__type": code, "message": message}).encode()
        return Response(status, body, {"Content-Type": "application/x-amz-json-1.1"})
    if service == "CLOUDWATCH":
        body = cbor2.dumps({"__type": f"com.amazonaws.cloudwatch#{code}", "message": message})
        return Response(status, body, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if service == "EC2":
        xml = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>1</RequestID></Response>"
    elif service == "S3":
        xml = f"<Error>{inner}<RequestId>1</RequestId><HostId>1</HostId></Error>"
    else:
        kind = "Sender" if status < 500 else "Receiver"
        xml = (
            '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
            f"<Error><Type>{kind}</Type>{inner}</Error><RequestId>1</RequestId></ErrorResponse>"
        )
    return Response(status, ('<?xml version="1.0" encoding="UTF-8"?>\n' + xml).encode(), {"Content-Type": "text/xml"})


def form(request: Request) -> dict[str, str]:
    """The fields of a request of the Query protocols."""
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def members(fields: dict[str, str], prefix: str) -> list[dict[str, str]]:
    """The members of a list, such as `Filter.1.Name`, each by the rest of the names."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for name, value in fields.items():
        if name.startswith(prefix + "."):
            number, _, rest = name[len(prefix) + 1 :].partition(".")
            if number.isdigit():
                found[int(number)][rest] = value
    return [found[number] for number in sorted(found)]
