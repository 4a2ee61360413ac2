"""A custom runtime for the tests: the event says what the function does.

``{"do": "ok"}`` answers, ``"fail"`` reports an error, ``"exit"`` kills the process, ``"sleep"`` answers
after ``seconds``, ``"meet"`` leaves a file in a ``directory`` and answers once a file ``end`` is there, ``"call"``
makes an AWS call with the role's credentials, ``"env"`` answers with its environment, ``"log"`` prints ``lines``,
``"spawn"`` starts a child that outlives the call and has no environment. Of a queue's messages each says so in its body; those that fail are reported,
and ``"answer"`` makes its ``answer`` the whole batch's. Of a stream's records each says so in its item's attribute
``does``; one that fails fails the batch, unless the variable HEALED is set.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _post(path: str, document: object) -> None:
    request = urllib.request.Request(f"{API}/{path}", json.dumps(document).encode(), method="POST")
    _opener.open(request).close()


def _call(event: dict) -> dict:
    import botocore.exceptions
    import botocore.session

    client = botocore.session.Session().create_client(event["service"])
    try:
        client._make_api_call(event["operation"], event.get("parameters", {}))
    except botocore.exceptions.ClientError as error:
        return {"error": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    return {"error": None}


def _handle(event: dict, request_id: str) -> dict:
    action = event.get("do", "ok")
    record = {"message": "handling", "do": action, "requestId": request_id, "n": event.get("n")}
    if "do" not in event:
        record["event"] = event
    print(json.dumps(record), flush=True)
    if action == "exit":
        print("about to die", file=sys.stderr, flush=True)
        os._exit(3)
    if action == "sleep":
        time.sleep(event["seconds"])
    if action == "meet":
        meeting = pathlib.Path(event["directory"])
        (meeting / request_id).touch()
        while not (meeting / "end").exists():
            time.sleep(0.02)
    if action == "log":
        print("\n".join(event["lines"]), flush=True)
    if action == "spawn":
        subprocess.Popen(["sleep", "300"], env={"PATH": os.environ["PATH"]})
    if action == "fail":
        raise ValueError("told to fail")
    if action == "call":
        return _call(event)
    if action == "env":
        return dict(os.environ)
    return {"did": action}


def _handle_messages(records: list, request_id: str) -> object:
    failures: list[dict] = []
    answer: object = {"batchItemFailures": failures}
    for record in records:
        event = json.loads(record["body"])
        try:
            _handle(event, request_id)
        except ValueError:
            failures.append({"itemIdentifier": record["messageId"]})
        answer = event.get("answer", answer)
    return answer


def _handle_changes(records: list, request_id: str) -> dict:
    items = [record["dynamodb"].get("NewImage", {}) for record in records]
    sorts = [record["dynamodb"]["Keys"]["sk"]["S"] for record in records]
    print(json.dumps({"message": "handling", "sorts": sorts, "requestId": request_id, "first": records[0]}), flush=True)
    for item in items:
        event = json.loads(item.get("does", {"S": "{}"})["S"])
        if not os.environ.get("HEALED"):
            _handle({"do": "ok", **event}, request_id)
    return {}


def _handle_records(records: list, request_id: str) -> object:
    return (_handle_changes if "dynamodb" in records[0] else _handle_messages)(records, request_id)


def main() -> None:
    while True:
        with _opener.open(f"{API}/invocation/next") as response:
            request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.load(response)
        try:
            records = event.get("Records")
            answer = _handle(event, request_id) if records is None else _handle_records(records, request_id)
            _post(f"invocation/{request_id}/response", answer)
        except ValueError as error:
            _post(f"invocation/{request_id}/error", {"errorType": "Told", "errorMessage": str(error)})


if __name__ == "__main__":
    main()
