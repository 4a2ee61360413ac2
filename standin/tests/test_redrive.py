"""Executions that continue after a repair."""

from __future__ import annotations

import unittest
from typing import Any

from standin.receivers.server import Reply

from .endpoint import start
from .machines import create_machine, ended, run
from .roles import allow
from .support import ACCOUNT, REGION, StandInTest


class RedriveTest(StandInTest):
    standin_settings = {"SFN_WAIT_SCALE": "0"}

    def setUp(self) -> None:
        self.machines = self.standin.client("stepfunctions")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-50:].strip("-")

    def failing(self, *answers: Reply) -> tuple[str, list[Any]]:
        """An execution that has failed with the first answer, and the requests that the endpoint gets."""
        endpoint = start(self, *answers)
        connection = self.standin.client("events").create_connection(
            Name=self.name,
            AuthorizationType="API_KEY",
            AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "value"}},
        )["ConnectionArn"]
        states = {
            "First": {"Type": "Pass", "Assign": {"word": "{% $states.input.word %}"}, "Output": {"kept": True}, "Next": "Call"},
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::http:invoke",
                "Arguments": {
                    "ApiEndpoint": f"{endpoint.url}/call",
                    "Method": "POST",
                    "Authentication": {"ConnectionArn": connection},
                    "RequestBody": {"word": "{% $word %}", "kept": "{% $states.input.kept %}"},
                },
                "Output": "{% $states.result.StatusCode %}",
                "End": True,
            },
        }
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:events!connection/*"
        machine = create_machine(
            self.standin,
            self.name,
            {"QueryLanguage": "JSONata", "StartAt": "First", "States": states},
            allow("states:InvokeHTTPEndpoint", "*"),
            allow("events:RetrieveConnectionCredentials", connection),
            allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secret),
        )
        execution = run(self.standin, machine, {"word": "hello"})
        self.assertEqual((execution["status"], execution["error"]), ("FAILED", "States.Http.StatusCode.404"))
        return execution["executionArn"], endpoint.got

    def test_it_continues_with_the_task_that_failed(self) -> None:
        arn, got = self.failing(Reply(404, "gone"), Reply(200, "there"))
        self.machines.redrive_execution(executionArn=arn)
        execution = ended(self.standin, arn)
        self.assertEqual((execution["status"], execution["output"]), ("SUCCEEDED", "200"))
        self.assertEqual([request.document() for request in got], [{"word": "hello", "kept": True}] * 2)

    def test_it_may_fail_again_and_be_redriven_again(self) -> None:
        arn, got = self.failing(Reply(404, "gone"), Reply(404, "still gone"), Reply(200, "there"))
        self.machines.redrive_execution(executionArn=arn)
        self.assertEqual(ended(self.standin, arn)["cause"], "still gone")
        self.machines.redrive_execution(executionArn=arn)
        self.assertEqual(ended(self.standin, arn)["status"], "SUCCEEDED")
        self.assertEqual(len(got), 3)

    def test_only_what_has_failed_can_be_redriven(self) -> None:
        arn, _ = self.failing(Reply(404, "gone"), Reply(200, "there"))
        self.machines.redrive_execution(executionArn=arn)
        ended(self.standin, arn)
        with self.assertRaises(self.machines.exceptions.ExecutionNotRedrivable):
            self.machines.redrive_execution(executionArn=arn)
        with self.assertRaises(self.machines.exceptions.ExecutionDoesNotExist):
            self.machines.redrive_execution(executionArn=f"{arn}-other")


if __name__ == "__main__":
    unittest.main()
