"""Hands dead letters to the function again; scripts/redrive.sh says how it is called.

Lambda's on-failure destination wraps an event, EventBridge leaves it raw with the reason in message attributes. What
the function failed on too often, in a batch of another queue, is raw too, and SQS says which queue that was.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session

# Ten messages of a batch, each of which may take the function its whole timeout of 60 s.
VISIBILITY_SECONDS = 900
# Longer than the function's timeout, or an invocation that still runs would be repeated.
READ_TIMEOUT_SECONDS = 90
BATCH = 10
# Long polling asks every server of the queue: an empty answer means that nothing is visible.
WAIT_SECONDS = 1
MAX_SHOWN_CHARS = 300


class Refused(Exception):
    """The redrive cannot go on."""


class NotADeadLetter(Exception):
    """A message is neither in Lambda's envelope nor an event."""


@dataclass(frozen=True)
class DeadLetter:
    """An event that failed, and why it is here."""

    event: Any
    reason: str


def one_line(value: Any) -> str:
    """Text from outside, which must not forge a line of ours."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 1] + "…"


def unwrap(body: str, attributes: dict[str, str], queue_arn: str | None = None) -> DeadLetter:
    """The event of a message, taken out of Lambda's envelope where it is in one; ``queue_arn`` is what gave it up."""
    try:
        document = json.loads(body)
    except ValueError:
        raise NotADeadLetter(f"expected JSON, got {one_line(body)}") from None
    if isinstance(document, dict) and "requestPayload" in document and "requestContext" in document:
        return DeadLetter(document["requestPayload"], _reason_of_lambda(document))
    # Anything else would make the function sweep the whole fleet.
    if isinstance(document, dict) and "source" in document and "detail-type" in document:
        return DeadLetter(document, _reason_of_queue(queue_arn) if queue_arn else _reason_of_eventbridge(attributes))
    raise NotADeadLetter(f"expected an event, or Lambda's envelope of one, got {one_line(document)}")


def _reason_of_lambda(envelope: dict[str, Any]) -> str:
    context = envelope["requestContext"] if isinstance(envelope["requestContext"], dict) else {}
    response = envelope.get("responsePayload")
    reason = f"Lambda: {context.get('condition')} after {context.get('approximateInvokeCount')} attempts"
    if isinstance(response, dict):
        reason += f", {response.get('errorType')}: {response.get('errorMessage')}"
    return reason


def _reason_of_queue(arn: str) -> str:
    return f"SQS: received too often from the queue {arn.rsplit(':', 1)[-1]}; the function's log has the errors"


def _reason_of_eventbridge(attributes: dict[str, str]) -> str:
    told = ", ".join(f"{name}={value}" for name, value in sorted(attributes.items()))
    return f"EventBridge: {told or 'no reason is given'}"


def describe(event: Any) -> str:
    """Which event it is, for a person."""
    if not isinstance(event, dict):
        return f"event {json.dumps(event)}"
    if "detail-type" not in event:
        return f"call {json.dumps(event)}"
    detail = event["detail"] if isinstance(event.get("detail"), dict) else {}
    names = [detail.get(name) for name in ("instance-id", "EC2InstanceId", "state")]
    return " ".join(str(part) for part in (event["detail-type"], event.get("time"), event.get("id"), *names) if part)


def outcome(answer: Any) -> str:
    """What the function answered, in a word or two."""
    if not isinstance(answer, dict):
        return json.dumps(answer)
    if "batchItemFailures" in answer:
        return f"batch, {len(answer['batchItemFailures'])} failed"
    return " ".join(str(answer[name]) for name in ("status", "instanceId", "reason") if answer.get(name))


class Queue:
    """A dead-letter queue."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def counts(self) -> tuple[int, int]:
        """About how many messages wait, and how many someone has received."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return int(attributes[names[0]]), int(attributes[names[1]])

    def receive(self, count: int) -> list[dict[str, Any]]:
        """The next messages, hidden from others while they are handled."""
        received = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=count,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["DeadLetterQueueSourceArn"],
            VisibilityTimeout=VISIBILITY_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        return messages

    def delete(self, receipt: str) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def release(self, receipts: list[str]) -> None:
        """Shows messages to others again."""
        for start in range(0, len(receipts), BATCH):
            entries = [
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for index, receipt in enumerate(receipts[start : start + BATCH])
            ]
            self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


class Redrive:
    """One pass over the queue: each message is handled once, however often it is received."""

    def __init__(self, queue: Queue, functions: Any, function: str, dry_run: bool) -> None:
        self.accepted = 0
        self._queue = queue
        self._lambda = functions
        self._function = function
        self._dry_run = dry_run
        self._seen: set[str] = set()
        self._held: dict[str, str] = {}

    @property
    def left(self) -> int:
        """How many messages stay in the queue, of those that were received."""
        return len(self._held)

    def run(self, limit: int | None) -> None:
        """Handles the messages, and makes those that stay visible again however it ends."""
        try:
            for message in self._messages(limit):
                self._handle(message)
        finally:
            self._queue.release(list(self._held.values()))

    def _messages(self, limit: int | None) -> Iterator[dict[str, Any]]:
        while limit is None or len(self._seen) < limit:
            room = BATCH if limit is None else min(BATCH, limit - len(self._seen))
            messages = self._queue.receive(room)
            self._held |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            fresh = [message for message in messages if message["MessageId"] not in self._seen]
            if not fresh:
                return
            for message in fresh:
                self._seen.add(message["MessageId"])
                yield message

    def _handle(self, message: dict[str, Any]) -> None:
        number = len(self._seen)
        typed = message.get("MessageAttributes", {})
        attributes = {name: str(attribute.get("StringValue", "")) for name, attribute in typed.items()}
        try:
            letter = unwrap(message["Body"], attributes, message.get("Attributes", {}).get("DeadLetterQueueSourceArn"))
        except NotADeadLetter as error:
            print(f"{number}. message {message['MessageId']}\n   not understood, left: {error}", flush=True)
            return
        print(f"{number}. {one_line(describe(letter.event))}\n   {one_line(letter.reason)}", flush=True)
        if self._dry_run:
            return
        failure, answer = self._invoke(letter.event)
        if failure:
            print(f"   failed again, left: {one_line(failure)}", flush=True)
            return
        self._queue.delete(message["ReceiptHandle"])
        del self._held[message["MessageId"]]
        self.accepted += 1
        print(f"   accepted: {one_line(outcome(answer))}", flush=True)

    def _invoke(self, event: Any) -> tuple[str | None, Any]:
        """The error that the function ended with, if any, and what it answered."""
        response = self._lambda.invoke(
            FunctionName=self._function, InvocationType="RequestResponse", Payload=json.dumps(event).encode()
        )
        answer = json.loads(response["Payload"].read() or b"null")
        if response.get("FunctionError"):
            told = answer if isinstance(answer, dict) else {}
            return f"{told.get('errorType', response['FunctionError'])}: {told.get('errorMessage', answer)}", answer
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            return outcome(answer), answer
        return None, answer


def load_outputs(path: Path) -> dict[str, Any]:
    """Outputs by name, from a flat file or from what `terraform output -json` printed."""
    try:
        outputs = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(
            f"{path} does not exist: expected the outputs that scripts/deploy.sh writes; "
            "name others by --outputs, or queue and function by --queue-url and --function"
        ) from None
    except ValueError as error:
        raise Refused(f"{path}: expected a JSON object of outputs, but it is not JSON: {error}") from None
    if not isinstance(outputs, dict):
        raise Refused(f"{path}: expected a JSON object of outputs, got {one_line(outputs)}")
    return {
        name: value["value"] if isinstance(value, dict) and "value" in value else value
        for name, value in outputs.items()
    }


def output(outputs: dict[str, Any], name: str, path: Path) -> str:
    value = outputs.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{path}: expected the output {name}, got {'none' if value is None else one_line(value)}")
    return value


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {text}")
    return int(text)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="redrive", usage="scripts/redrive.sh [options]; see scripts/redrive.sh --help", add_help=False
    )
    parser.add_argument("--default-outputs", type=Path, required=True)
    parser.add_argument("--outputs", type=Path)
    parser.add_argument("--queue-url")
    parser.add_argument("--function")
    parser.add_argument("--region")
    parser.add_argument("--max", type=positive)
    parser.add_argument("--dry-run", action="store_true")
    return parser.parse_args(arguments)


def redrive(arguments: argparse.Namespace) -> int:
    path = arguments.outputs or arguments.default_outputs
    outputs: dict[str, Any] = {}
    if arguments.outputs or not (arguments.queue_url and arguments.function):
        outputs = load_outputs(path)
        wanted, found = os.environ.get("ENVIRONMENT_SUFFIX"), outputs.get("environment_suffix")
        if wanted and wanted != found:
            raise Refused(f"{path}: expected the outputs of the environment {wanted}, got those of {found}")
    url = arguments.queue_url or output(outputs, "dead_letter_queue_url", path)
    function = arguments.function or output(outputs, "function_name", path)
    region = arguments.region or outputs.get("region") or os.environ.get("AWS_REGION")

    session = botocore.session.get_session()
    config = botocore.config.Config(read_timeout=READ_TIMEOUT_SECONDS, retries={"mode": "standard"})
    queue = Queue(session.create_client("sqs", region_name=region, config=config), url)
    functions = session.create_client("lambda", region_name=region, config=config)

    print(f"redrive: from {url} to {function}{', dry run' if arguments.dry_run else ''}")
    print("redrive: before: {} waiting, {} received by someone".format(*queue.counts()), flush=True)
    run = Redrive(queue, functions, function, arguments.dry_run)
    try:
        run.run(arguments.max)
    finally:
        print(f"redrive: {run.accepted} accepted and deleted, {run.left} left")
    print("redrive: after: {} waiting, {} received by someone".format(*queue.counts()))
    return 1 if run.left and not arguments.dry_run else 0


def main(arguments: list[str]) -> int:
    # Ended by a signal, it still has to show the messages again that it holds.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return redrive(parse_arguments(arguments))
    except (Refused, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        print(f"redrive: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
