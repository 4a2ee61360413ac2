"""Runs a Python function as Lambda would, but hands it its events by standard input: an event in JSON a line.

usage: python driver.py MODULE.FUNCTION
       python driver.py c7n.cli.main ARGUMENT...    runs Cloud Custodian's command, once a line was read

Answers each line with a line of JSON. What the function prints and logs goes to standard error. It ends with its input.
"""

import importlib
import json
import logging
import os
import sys


class Context:
    """What functions read of Lambda's context."""

    function_name = "bench"
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # In Lambda the code lies in the current directory.
    sys.path[0] = os.getcwd()
    # As Lambda's runtime has it.
    logging.basicConfig(format="[%(levelname)s]\t%(asctime)s\t%(message)s")
    module, _, name = sys.argv[1].rpartition(".")
    function = getattr(importlib.import_module(module), name)
    if len(sys.argv) > 2:
        sys.argv[:2] = ["custodian"]
        call = lambda _: function()  # noqa: E731
    else:
        call = lambda event: function(event, Context)  # noqa: E731
    for line in sys.stdin:
        try:
            answer = {"answer": call(json.loads(line))}
        except SystemExit as end:
            answer = {"answer": end.code} if not end.code else {"error": f"exit code {end.code}"}
        except Exception as error:
            logging.exception("the function failed")
            answer = {"error": repr(error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


main()
