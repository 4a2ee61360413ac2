"""The operations that the function calls, with AWS's limits."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import time
import uuid
import zlib
from collections.abc import Collection
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import cbor2

from .ec2_xml import HEAD, TAIL
from .fleet import Filters, Fleet, UnknownFilter, decode_token, encode_token
from .http1 import Request, Response, decode_aws_chunked
from .protocols import Refused, form, members
from .record import Alert, Call, Delayed, Metric, Published, Record
from .table import Table

MAX_BATCH_ENTRIES = 10
MAX_BATCH_BYTES = 256 * 1024
MAX_FILTER_VALUES = 200
# The characters that SQS accepts (`SendMessage`, Amazon SQS API reference).
_SQS_TEXT = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def operation(service: str, request: Request) -> str:
    """The name of the operation."""
    if service in ("EC2", "SNS"):
        return form(request).get("Action", "?")
    if service in ("SQS", "DYNAMODB", "EVENTBRIDGE"):
        return request.headers.get("x-amz-target", "?").rpartition(".")[2]
    if service == "CLOUDWATCH":
        return request.target.rpartition("/")[2]
    return {"PUT": "PutObject"}.get(request.method, request.method)


class Services:
    """All services; they share the record."""

    def __init__(self, record: Record, fleet: Fleet, bucket_owner: str) -> None:
        self.record = record
        self.fleet = fleet
        self.bucket_owner = bucket_owner
        self.table = Table(bucket_owner)
        # After this many pages of instances comes an empty one with another page after it, as EC2 may do.
        self.empty_page_every: int | None = None
        # The maximum page size, if it should be less than requested.
        self.page_size: int | None = None
        # Whether `*` in an instance id is literal, as in an EC2 without wildcards.
        self.literal_ids = False
        self._pages = 0

    def answer(self, service: str, request: Request, call: Call, refused_entries: Refusals | None) -> Response:
        """Does the work. `refused_entries`: those of a batch that fail."""
        match service, call.operation:
            case "EC2", "DescribeInstances":
                return self._describe_instances(form(request), call)
            case "S3", "PutObject":
                return self._put_object(request, call)
            case "SNS", "PublishBatch":
                return self._publish_batch(form(request), call, refused_entries)
            case "SNS", "Publish":
                return self._publish(form(request), call)
            case "SQS", "SendMessageBatch":
                return self._send_message_batch(json.loads(request.body), call, refused_entries)
            case "SQS", "SendMessage":
                return self._send_message(json.loads(request.body), call)
            case "EVENTBRIDGE", "PutEvents":
                return self._put_events(json.loads(request.body), call, refused_entries)
            case "CLOUDWATCH", "PutMetricData":
                return self._put_metric_data(request, call)
            case "DYNAMODB", _:
                return self.table.answer(request, call, refused_entries.entries if refused_entries else None)
        raise Refused("InvalidAction", f"{service} has no {call.operation} here")

    def _describe_instances(self, fields: dict[str, str], call: Call) -> Response:
        filters: Filters = {
            given["Name"]: [value for name, value in given.items() if name.startswith("Value.")]
            for given in members(fields, "Filter")
        }
        if any(len(values) > MAX_FILTER_VALUES for values in filters.values()):
            raise Refused(
                "FilterLimitExceeded", f"The maximum number of filter values on a single call is {MAX_FILTER_VALUES}"
            )
        if fields.get("IncludeManagedResources") != "true":
            filters["operator.managed"] = ["false"]
        limit = int(fields.get("MaxResults", 1000))
        if not 5 <= limit <= 1000:
            raise Refused("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid.")
        start: int | None = 0
        if token := fields.get("NextToken"):
            start = decode_token(filters, token)
        if start is None:
            raise Refused("InvalidParameterValue", f"Value ( {token} ) for parameter NextToken is invalid.")
        asked = filters
        if self.literal_ids and "instance-id" in filters:
            asked = filters | {"instance-id": [re.sub(r"([*?])", r"\\\1", value) for value in filters["instance-id"]]}
        self._pages += 1
        pieces: list[bytes] = []
        following: int | None = start
        if not self.empty_page_every or self._pages % self.empty_page_every:
            try:
                pieces, call.size, following = self.fleet.page(asked, start, min(limit, self.page_size or limit))
            except UnknownFilter as unknown:
                raise Refused("InvalidParameterValue", f"The filter '{unknown}' is invalid") from None
        pieces.insert(0, HEAD)
        pieces.append(b"</reservationSet>")
        if following is not None:
            pieces.append(f"<nextToken>{encode_token(filters, following)}</nextToken>".encode())
        elif token:
            pieces.append(b"<nextToken/>")
        pieces.append(TAIL)
        return Response(200, b"".join(pieces), {"Content-Type": "text/xml;charset=UTF-8"})

    def _put_object(self, request: Request, call: Call) -> Response:
        headers = request.headers
        if headers.get("x-amz-expected-bucket-owner", self.bucket_owner) != self.bucket_owner:
            raise Refused("AccessDenied", "Access Denied", 403)
        body = request.body
        if "aws-chunked" in headers.get("content-encoding", "") or headers.get("x-amz-content-sha256", "").startswith(
            "STREAMING-"
        ):
            body, trailers = decode_aws_chunked(body)
            headers = headers | trailers
        if checksum := headers.get("x-amz-checksum-crc32"):
            if base64.b64encode(zlib.crc32(body).to_bytes(4)).decode() != checksum:
                raise Refused("BadDigest", "The CRC32 you specified did not match the calculated checksum.")
        path = unquote(urlsplit(request.target).path).lstrip("/")
        key = path.partition("/")[2]
        if not key:
            raise Refused("InvalidURI", f"There is no key in {request.target}")
        if key.startswith("scans/") and headers.get("if-none-match") != "*":
            raise Refused("AccessDenied", "The policy of the bucket denies a put that may overwrite", 403)
        with self.record.lock:
            if "if-none-match" in headers and key in self.record.objects:
                why = "At least one of the pre-conditions you specified did not hold"
                raise Refused("PreconditionFailed", why, 412, outcome="condition")
            self.record.objects[key] = body
        call.size = len(body)
        return Response(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def _alert(self, subject: str, message: str, fields: dict[str, str], prefix: str) -> Alert:
        if not message:
            raise Refused("InvalidParameter", "Invalid parameter: Empty message")
        if len(subject) >= 100 or not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]*", subject):
            raise Refused("InvalidParameter", f"Invalid parameter: Subject: {subject!r}")
        attributes = {
            entry["Name"]: entry.get("Value.StringValue", "") for entry in members(fields, prefix + "MessageAttributes.entry")
        }
        return Alert(subject, message, attributes, time.time())

    def _publish(self, fields: dict[str, str], call: Call) -> Response:
        alert = self._alert(fields.get("Subject", ""), fields.get("Message", ""), fields, "")
        if _alert_size(alert) > MAX_BATCH_BYTES:
            raise Refused("InvalidParameter", "Invalid parameter: Message too long")
        call.size = 1
        with self.record.lock:
            self.record.alerts.append(alert)
        return _sns("Publish", f"<MessageId>{uuid.uuid4()}</MessageId>")

    def _publish_batch(self, fields: dict[str, str], call: Call, refused: Refusals | None) -> Response:
        entries = members(fields, "PublishBatchRequestEntries.member")
        _check_batch([entry.get("Id", "") for entry in entries], "")
        alerts = [self._alert(entry.get("Subject", ""), entry.get("Message", ""), entry, "") for entry in entries]
        if sum(map(_alert_size, alerts)) > MAX_BATCH_BYTES:
            raise Refused("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit.")
        call.size = len(entries)
        taken, failed = [], []
        for index, (entry, alert) in enumerate(zip(entries, alerts, strict=True)):
            if refused and index in refused.entries:
                failed.append(
                    f"<member><Id>{entry['Id']}</Id><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message>"
                    f"<SenderFault>{str(refused.sender_fault).lower()}</SenderFault></member>"
                )
                continue
            with self.record.lock:
                self.record.alerts.append(alert)
            taken.append(f"<member><Id>{entry['Id']}</Id><MessageId>{uuid.uuid4()}</MessageId></member>")
        return _sns(
            "PublishBatch", f"<Failed>{''.join(failed)}</Failed><Successful>{''.join(taken)}</Successful>"
        )

    def _delayed(self, entry: dict) -> Delayed:
        body, delay = entry.get("MessageBody", ""), entry.get("DelaySeconds", 0)
        if not body or not _SQS_TEXT.fullmatch(body):
            raise Refused("InvalidMessageContents", "The message contains characters outside the allowed set.")
        if not 0 <= delay <= 900:
            raise Refused("InvalidParameterValue", f"Value {delay} for parameter DelaySeconds is invalid.")
        return Delayed(body, delay)

    def _send_message(self, fields: dict, call: Call) -> Response:
        delayed = self._delayed(fields)
        if len(delayed.body.encode()) > MAX_BATCH_BYTES:
            raise Refused("InvalidParameterValue", "One or more parameters are invalid. Reason: Message is too long.")
        call.size = 1
        with self.record.lock:
            self.record.delayed.append(delayed)
        return _json({"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": hashlib.md5(delayed.body.encode()).hexdigest()})

    def _send_message_batch(self, fields: dict, call: Call, refused: Refusals | None) -> Response:
        entries = fields.get("Entries", [])
        _check_batch([entry.get("Id", "") for entry in entries], "AWS.SimpleQueueService.")
        messages = [self._delayed(entry) for entry in entries]
        if sum(len(message.body.encode()) for message in messages) > MAX_BATCH_BYTES:
            raise Refused("AWS.SimpleQueueService.BatchRequestTooLong", "Batch requests cannot be longer than 262144 bytes.")
        call.size = len(entries)
        taken, failed = [], []
        for index, (entry, message) in enumerate(zip(entries, messages, strict=True)):
            if refused and index in refused.entries:
                failed.append(
                    {
                        "Id": entry["Id"],
                        "Code": refused.code,
                        "Message": refused.message,
                        "SenderFault": refused.sender_fault,
                    }
                )
                continue
            with self.record.lock:
                self.record.delayed.append(message)
            digest = hashlib.md5(message.body.encode()).hexdigest()
            taken.append({"Id": entry["Id"], "MessageId": str(uuid.uuid4()), "MD5OfMessageBody": digest})
        return _json({"Successful": taken, "Failed": failed})

    def _put_events(self, fields: dict, call: Call, refused: Refusals | None) -> Response:
        entries = fields.get("Entries", [])
        if not 1 <= len(entries) <= MAX_BATCH_ENTRIES:
            raise Refused("ValidationException", "Value at 'entries' failed to satisfy constraint: 1 to 10 members.")
        if sum(map(_event_size, entries)) > MAX_BATCH_BYTES:
            raise Refused("ValidationException", "Total size of the entries in the request is over the limit.")
        call.size = len(entries)
        results, failed = [], 0
        for index, entry in enumerate(entries):
            code = _event_fault(entry)
            if refused and index in refused.entries:
                code = "MalformedDetail" if refused.sender_fault else "InternalFailure"
            if code:
                failed += 1
                results.append({"ErrorCode": code, "ErrorMessage": "The entry was not taken."})
                continue
            published = Published(
                entry["Source"], entry["DetailType"], json.loads(entry["Detail"]), tuple(entry.get("Resources", [])), time.time()
            )
            with self.record.lock:
                self.record.published.append(published)
            results.append({"EventId": str(uuid.uuid4())})
        return _json({"FailedEntryCount": failed, "Entries": results}, "1.1")

    def _put_metric_data(self, request: Request, call: Call) -> Response:
        body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
        fields = cbor2.loads(body)
        data = fields["MetricData"]
        if len(data) > 1000:
            raise Refused("LimitExceeded", "The collection MetricData must not have a size greater than 1000.")
        call.size = len(data)
        with self.record.lock:
            self.record.metrics += [
                Metric(fields["Namespace"], datum["MetricName"], datum["Value"], datum["Timestamp"]) for datum in data
            ]
        return Response(200, b"\xa0", {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"})


class Refusals:
    """Entries of a batch that a service rejects, and why."""

    def __init__(self, entries: Collection[int], *, sender_fault: bool) -> None:
        self.entries = entries
        self.sender_fault = sender_fault
        self.code = "InvalidParameter" if sender_fault else "InternalError"
        self.message = "Invalid parameter" if sender_fault else "Internal error"


def _check_batch(ids: list[str], prefix: str) -> None:
    if not ids:
        raise Refused(f"{prefix}EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(ids) > MAX_BATCH_ENTRIES:
        raise Refused(f"{prefix}TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    if len(set(ids)) != len(ids):
        raise Refused(f"{prefix}BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    for entry_id in ids:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", entry_id):
            raise Refused(f"{prefix}InvalidBatchEntryId", f"The Id {entry_id!r} doesn't abide by the specification.")


def _event_size(entry: dict) -> int:
    """As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html counts it."""
    texts = [entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""), *entry.get("Resources", [])]
    return sum(len(text.encode()) for text in texts) + (14 if "Time" in entry else 0)


def _event_fault(entry: dict) -> str | None:
    """What is wrong with an entry."""
    if not entry.get("Source") or not entry.get("DetailType") or "Detail" not in entry:
        return "InvalidArgument"
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSourceException"
    try:
        return None if isinstance(json.loads(entry["Detail"]), dict) else "MalformedDetail"
    except ValueError:
        return "MalformedDetail"


def _alert_size(alert: Alert) -> int:
    attributes = sum(len(name) + len("String") + len(value.encode()) for name, value in alert.attributes.items())
    return len(alert.message.encode()) + attributes


def _sns(name: str, inner: str) -> Response:
    xml = (
        f'<{name}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><{name}Result>{inner}</{name}Result>'
        f"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{name}Response>"
    )
    return Response(200, xml.encode(), {"Content-Type": "text/xml"})


def _json(content: dict, version: str = "1.0") -> Response:
    return Response(200, json.dumps(content).encode(), {"Content-Type": f"application/x-amz-json-{version}"})
