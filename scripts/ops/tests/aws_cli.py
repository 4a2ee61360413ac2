"""The part of the AWS CLI that the manuals and alerts use, since the stand-in's Python only has botocore.

    aws SERVICE OPERATION --parameter VALUE... [--region REGION] [--query JMESPATH] [--output json|text]
    aws s3 sync [--only-show-errors] s3://BUCKET/PREFIX FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import Shape

FLAGS_OF_THE_CLI = ("output", "query", "cli-binary-format", "region")
# Where a parameter would be mistaken for one of the CLI's own.
RENAMED = {"endpoint": "notification-endpoint"}


def options_of(shape: Shape) -> dict[str, str]:
    """The members of an operation's input by their options on the command line."""
    names = {member: xform_name(member, "-") for member in shape.members}
    return {RENAMED.get(name, name): member for member, name in names.items()}


def operation_of(client: Any, name: str) -> Any:
    """The model of an operation, by its name on the command line."""
    [found] = [one for one in client.meta.service_model.operation_names if xform_name(one, "-") == name]
    return client.meta.service_model.operation_model(found)


def parsed(shape: Shape, text: str) -> Any:
    """A parameter's value from its text, as its type wants it."""
    if shape.type_name in ("string", "blob", "timestamp"):
        return text
    return json.loads(text)


def parsed_list(shape: Shape, texts: list[str]) -> Any:
    """A list from its arguments: one that is JSON, or one for each member, a structure in the shorthand syntax."""
    if texts[0].startswith("["):
        [text] = texts
        return json.loads(text)
    if shape.member.type_name == "structure":
        return [shorthand(shape.member, text) for text in texts]
    return texts


def shorthand(shape: Shape, text: str) -> dict[str, Any]:
    """A structure of ``Field=value,Field=value``, whose values hold neither commas nor quotes."""
    fields = dict(field.split("=", 1) for field in text.split(","))
    return {name: parsed(shape.members[name], value) for name, value in fields.items()}


def as_text(answer: Any) -> str:
    """An answer of scalars, or of rows of them, as --output text prints it."""
    if not isinstance(answer, list):
        return str(answer)
    if answer and isinstance(answer[0], list):
        return "\n".join(as_text(row) for row in answer)
    return "\t".join(str(item) for item in answer)


def sync(arguments: list[str]) -> None:
    """Copies all objects below a prefix into a folder."""
    source, folder = (argument for argument in arguments if argument != "--only-show-errors")
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    client = botocore.session.get_session().create_client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            path = Path(folder) / item["Key"].removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())


def main(arguments: list[str]) -> None:
    service, name, *rest = arguments
    if (service, name) == ("s3", "sync"):
        sync(rest)
        return
    region = rest[rest.index("--region") + 1] if "--region" in rest else None
    client = botocore.session.get_session().create_client(service, region_name=region)
    operation = operation_of(client, name)
    members = options_of(operation.input_shape)
    parameters: dict[str, Any] = {}
    flags: dict[str, str] = {}
    while rest:
        word = rest.pop(0)
        option = word.removeprefix("--")
        if option in FLAGS_OF_THE_CLI:
            flags[option] = rest.pop(0)
        elif word.startswith("--"):
            shape = operation.input_shape.members[members[option.removeprefix("no-")]]
            if shape.type_name == "boolean":
                parameters[members[option.removeprefix("no-")]] = not option.startswith("no-")
            elif shape.type_name == "list":
                end = next((at for at, word in enumerate(rest) if word.startswith("--")), len(rest))
                parameters[members[option]] = parsed_list(shape, rest[:end])
                del rest[:end]
            else:
                parameters[members[option]] = parsed(shape, rest.pop(0))
        elif service == "lambda" and name == "invoke":
            # The output file.
            flags["outfile"] = word
        else:
            raise SystemExit(f"unknown argument: {word}")
    answer = getattr(client, xform_name(operation.name))(**parameters)
    if "outfile" in flags:
        sys.stdout.buffer.write(answer["Payload"].read())
        return
    answer.pop("ResponseMetadata")
    if "query" in flags:
        answer = jmespath.search(flags["query"], answer)
    if flags.get("output") == "text":
        print(as_text(answer))
    else:
        json.dump(answer, sys.stdout, indent=4, default=str)


if __name__ == "__main__":
    main(sys.argv[1:])
