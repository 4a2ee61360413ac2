"""State machines that call HTTP endpoints, and that EventBridge starts."""

from __future__ import annotations

import json
import socket
import unittest
from typing import Any

from botocore.exceptions import ClientError

from standin.receivers.server import Fault, Reply

from .endpoint import Endpoint, start
from .machines import create_machine, ended, run
from .roles import Statement, allow, create_role, document, trust
from .support import ACCOUNT, REGION, Queue, StandIn, StandInTest, create_rule, metric, rule_arn, wait_for

HTTP = "arn:aws:states:::http:invoke"


class HttpTasksTest(StandInTest):
    standin_settings = {
        "SFN_WAIT_SCALE": "0.001",
        "STANDIN_HTTP_TASK_SECONDS": "0.5",
        "STANDIN_DELIVERY_SCALE": "0.001",
    }

    def setUp(self) -> None:
        self.machines = self.standin.client("stepfunctions")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-50:].strip("-")
        connection = self.standin.client("events").create_connection(
            Name=self.name,
            AuthorizationType="API_KEY",
            AuthParameters={
                "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "Bearer token"},
                "InvocationHttpParameters": {
                    "QueryStringParameters": [{"Key": "sig", "Value": "secret", "IsValueSecret": True}],
                    "BodyParameters": [{"Key": "routing_key", "Value": "hidden", "IsValueSecret": True}],
                },
            },
        )
        self.connection = connection["ConnectionArn"]

    def permissions(self, url: str, machine: str = "") -> list[Statement]:
        """What the machine's role needs for an endpoint, and nothing else."""
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine or self.name}"
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:events!connection/{self.name}/*"
        wanted = {"StringEquals": {"states:HTTPMethod": "POST"}, "StringLike": {"states:HTTPEndpoint": f"{url}/*"}}
        return [
            allow("states:InvokeHTTPEndpoint", machine, **wanted),
            allow("events:RetrieveConnectionCredentials", self.connection),
            allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secret),
        ]

    def role(self, service: str, *statements: Statement) -> str:
        return create_role(self.standin, f"{self.name}-{service}", trust(service), *statements)

    def task(self, url: str, **settings: Any) -> dict[str, Any]:
        parameters = {
            "ApiEndpoint": f"{url}/api/call",
            "Method": "POST",
            "Authentication": {"ConnectionArn": self.connection},
            "Headers": {"x-id": "1"},
            "QueryParameters": {"a": "b"},
            "RequestBody": {"text.$": "$.text"},
        }
        return {"Type": "Task", "Resource": HTTP, "Parameters": parameters, "End": True, **settings}

    def machine(self, task: dict[str, Any], *statements: Statement, **states: Any) -> str:
        return create_machine(self.standin, self.name, {"StartAt": "Call", "States": {"Call": task, **states}}, *statements)

    def run_once(self, machine: str) -> dict[str, Any]:
        return run(self.standin, machine, {"text": "hello"})

    def called(self, endpoint: Endpoint, **settings: Any) -> dict[str, Any]:
        return self.run_once(self.machine(self.task(endpoint.url, **settings), *self.permissions(endpoint.url)))

    def test_the_answer_is_the_result_and_the_secrets_are_the_connections(self) -> None:
        endpoint = start(self, Reply(200, {"ok": False, "error": "is_archived"}, {"x-answer": "1"}))
        result = json.loads(self.called(endpoint)["output"])
        self.assertEqual(
            (result["StatusCode"], result["StatusText"], result["ResponseBody"]),
            (200, "OK", {"ok": False, "error": "is_archived"}),
        )
        self.assertEqual(result["Headers"]["x-answer"], ["1"])
        [request] = endpoint.got
        self.assertEqual((request.path, request.query), ("/api/call", {"a": "b", "sig": "secret"}))
        self.assertEqual(request.document(), {"text": "hello", "routing_key": "hidden"})
        self.assertEqual((request.headers["authorization"], request.headers["x-id"]), ("Bearer token", "1"))
        self.assertEqual(request.headers["user-agent"], f"Amazon|StepFunctions|HttpInvoke|{REGION}")

    def test_a_task_in_jsonata_says_the_same(self) -> None:
        endpoint = start(self, Reply(200, {"ok": True}))
        task = self.task(endpoint.url, QueryLanguage="JSONata", Output="{% $states.result.ResponseBody.ok %}")
        task["Arguments"] = {**task.pop("Parameters"), "RequestBody": {"text": "{% $states.input.text %}"}}
        execution = self.run_once(self.machine(task, *self.permissions(endpoint.url)))
        self.assertEqual(execution["output"], "true")
        self.assertEqual(endpoint.got[0].document()["text"], "hello")

    def test_an_answer_that_is_no_json_is_text(self) -> None:
        endpoint = start(self, Reply(202, "Accepted"))
        self.assertEqual(json.loads(self.called(endpoint)["output"])["ResponseBody"], "Accepted")

    def test_an_error_is_named_for_its_status(self) -> None:
        endpoint = start(self, Reply(404, "gone"))
        execution = self.called(endpoint)
        self.assertEqual((execution["status"], execution["error"], execution["cause"]), ("FAILED", "States.Http.StatusCode.404", "gone"))
        arn = execution["stateMachineArn"]
        wait_for("the count", lambda: metric(self.standin, "AWS/States", "ExecutionsFailed", StateMachineArn=arn) == 1)
        self.assertEqual(metric(self.standin, "AWS/States", "ExecutionsStarted", StateMachineArn=arn), 1)

    def test_a_retry_names_the_status_that_it_is_for(self) -> None:
        endpoint = start(self, Reply(429), Reply(429), Reply(200))
        retry = {"ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 30, "MaxAttempts": 2}
        self.assertEqual(self.called(endpoint, Retry=[retry])["status"], "SUCCEEDED")
        self.assertEqual(len(endpoint.got), 3)

    def test_a_catch_goes_on_with_the_error(self) -> None:
        endpoint = start(self, Reply(503))
        catch = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failed", "Next": "Caught"}
        task = self.task(endpoint.url, Catch=[catch])
        machine = self.machine(task, *self.permissions(endpoint.url), Caught={"Type": "Pass", "End": True})
        output = json.loads(self.run_once(machine)["output"])
        self.assertEqual((output["text"], output["failed"]["Error"]), ("hello", "States.Http.StatusCode.503"))

    def test_an_endpoint_that_does_not_answer_in_time_is_a_socket_error(self) -> None:
        endpoint = start(self)
        endpoint.set_fault(Fault("slow", seconds=60))
        self.assertEqual(self.called(endpoint)["error"], "States.Http.Socket")

    def test_nobody_listens(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        execution = self.run_once(self.machine(self.task(url), *self.permissions(url)))
        self.assertEqual(execution["error"], "States.Http.Socket")

    def test_a_task_has_a_timeout_of_its_own(self) -> None:
        endpoint = start(self)
        # Two seconds are what the endpoint would take; the socket's time is made longer for this test alone.
        patient = StandIn(SFN_WAIT_SCALE="0.001")
        self.addCleanup(patient.stop)
        self.standin = patient
        self.setUp()
        endpoint.set_fault(Fault("slow", seconds=60))
        self.assertEqual(self.called(endpoint, TimeoutSeconds=1)["error"], "States.Timeout")

    def test_the_role_must_allow_the_endpoint_and_the_method(self) -> None:
        endpoint = start(self)
        execution = self.run_once(self.machine(self.task(endpoint.url), *self.permissions("https://vendor.example")))
        self.assertEqual(execution["error"], "States.Permissions")
        self.assertEqual(endpoint.got, [])

    def test_the_role_must_allow_it_for_this_machine(self) -> None:
        endpoint = start(self)
        execution = self.run_once(self.machine(self.task(endpoint.url), *self.permissions(endpoint.url, "another")))
        self.assertEqual(execution["error"], "States.Permissions")

    def test_the_role_must_allow_the_connection_and_its_secret(self) -> None:
        endpoint = start(self)
        for missing in (1, 2):
            with self.subTest(missing=missing):
                self.name = f"connection-{missing}"
                statements = self.permissions(endpoint.url)
                del statements[missing]
                execution = self.run_once(self.machine(self.task(endpoint.url), *statements))
                self.assertEqual(execution["error"], "Events.ConnectionResource.AccessDenied")

    def test_a_connection_that_was_deauthorized_is_said_to_be(self) -> None:
        endpoint = start(self)
        self.standin.client("events").deauthorize_connection(Name=self.name)
        self.assertEqual(self.called(endpoint)["error"], "Events.ConnectionResource.InvalidConnectionState")

    def test_an_endpoint_outside_is_called_by_https_alone(self) -> None:
        execution = self.run_once(self.machine(self.task("http://vendor.example"), *self.permissions("http://vendor.example")))
        self.assertEqual(execution["error"], "States.Runtime")
        self.assertIn("https", execution["cause"])

    def test_an_argument_that_a_task_does_not_have_fails_it(self) -> None:
        endpoint = start(self)
        task = self.task(endpoint.url)
        task["Parameters"]["Body"] = {}
        execution = self.run_once(self.machine(task, *self.permissions(endpoint.url)))
        self.assertEqual((execution["error"], endpoint.got), ("States.Runtime", []))
        self.assertIn("Body", execution["cause"])

    def test_a_body_can_be_a_form(self) -> None:
        endpoint = start(self)
        task = self.task(endpoint.url)
        task["Parameters"]["Transform"] = {"RequestBodyEncoding": "URL_ENCODED"}
        self.run_once(self.machine(task, *self.permissions(endpoint.url)))
        self.assertEqual(endpoint.got[0].body, b"text=hello&routing_key=hidden")

    def test_a_task_of_another_service_does_what_the_role_may(self) -> None:
        table = {"TableName": self.name, "Key": {"pk": {"S": "1"}}}
        self.standin.client("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        last = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "Parameters": table, "End": True}
        first = {**last, "Resource": "arn:aws:states:::dynamodb:getItem", "ResultPath": None, "End": False, "Next": "Last"}
        machine = self.machine(first, Last=last)
        execution = self.run_once(machine)
        self.assertEqual(execution["error"], "DynamoDB.AmazonDynamoDBException")
        self.standin.client("iam").put_role_policy(
            RoleName=f"{self.name}-states",
            PolicyName="get",
            PolicyDocument=document(allow("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.name}")),
        )
        self.assertEqual(self.run_once(machine)["status"], "SUCCEEDED")

    def test_a_machine_needs_a_role_that_trusts_step_functions(self) -> None:
        with self.assertRaisesRegex(ClientError, "authorized to assume"):
            definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
            self.machines.create_state_machine(name=self.name, definition=definition, roleArn=self.role("lambda"))

    def test_a_name_is_used_once_and_a_repeated_start_is_answered_as_the_first(self) -> None:
        endpoint = start(self)
        endpoint.set_fault(Fault("slow", seconds=60))
        machine = self.machine(self.task(endpoint.url), *self.permissions(endpoint.url))
        first = self.machines.start_execution(stateMachineArn=machine, name="once", input='{"text": "a"}')
        again = self.machines.start_execution(stateMachineArn=machine, name="once", input='{"text": "a"}')
        self.assertEqual(again["executionArn"], first["executionArn"])
        self.assertEqual(again["startDate"], first["startDate"])
        with self.assertRaises(self.machines.exceptions.ExecutionAlreadyExists):
            self.machines.start_execution(stateMachineArn=machine, name="once", input='{"text": "b"}')
        endpoint.set_fault(Fault())
        ended(self.standin, first["executionArn"])
        with self.assertRaises(self.machines.exceptions.ExecutionAlreadyExists):
            self.machines.start_execution(stateMachineArn=machine, name="once", input='{"text": "a"}')
        self.assertEqual(len(endpoint.got), 1)

    def started_by_rule(self, machine: str, allowed: str) -> Queue:
        role = self.role("events", allow("states:StartExecution", allowed))
        letters = Queue(self.standin, f"{self.name}-letters", "events.amazonaws.com", rule_arn(self.name))
        target = {"Arn": machine, "RoleArn": role, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": letters.arn}}
        create_rule(self.standin, self.name, {"source": [self.name]}, target)
        entry = {"Source": self.name, "DetailType": "t", "Detail": '{"text": "from an event"}'}
        self.standin.client("events").put_events(Entries=[entry])
        return letters

    def test_an_event_starts_an_execution(self) -> None:
        endpoint = start(self)
        machine = self.machine(self.task(endpoint.url), *self.permissions(endpoint.url))
        self.started_by_rule(machine, machine)
        [request] = endpoint.wait(1)
        self.assertEqual(request.document()["text"], "from an event")
        [execution] = self.machines.list_executions(stateMachineArn=machine)["executions"]
        self.assertRegex(execution["name"], r"^[-0-9a-f]{36}_[-0-9a-f]{36}$")

    def test_an_event_whose_rule_may_not_start_the_machine_is_a_dead_letter(self) -> None:
        endpoint = start(self)
        machine = self.machine(self.task(endpoint.url), *self.permissions(endpoint.url))
        letters = self.started_by_rule(machine, f"{machine}-other")
        letters.wait(1)
        attributes = letters.messages[0]["MessageAttributes"]
        self.assertEqual(attributes["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS")
        self.assertIn("states:StartExecution", attributes["ERROR_MESSAGE"]["StringValue"])


if __name__ == "__main__":
    unittest.main()
