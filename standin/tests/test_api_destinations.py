"""API destinations: what is sent, what is tried again, and what ends in the dead-letter queue."""

from __future__ import annotations

import base64
import json
import socket
import unittest
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

from standin.api_destinations import Pace
from standin.receivers.server import Fault, Reply

from .endpoint import Endpoint, start
from .roles import Statement, allow, create_role, trust
from .support import Queue, StandInTest, create_rule, metric, rule_arn, wait_for

SCALE = 0.00001
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret-key"}}


class ApiDestinationsTest(StandInTest):
    standin_settings = {"STANDIN_DELIVERY_SCALE": str(SCALE), "STANDIN_CALL_SECONDS": "0.3"}

    def setUp(self) -> None:
        self.events = self.standin.client("events")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-60:].strip("-")
        self.rule = rule_arn(self.name)

    def connection(self, kind: str = "API_KEY", parameters: dict[str, Any] | None = None) -> str:
        arn: str = self.events.create_connection(
            Name=self.name, AuthorizationType=kind, AuthParameters=parameters or KEY
        )["ConnectionArn"]
        return arn

    def destination(self, url: str, connection: str = "", **settings: Any) -> str:
        arn: str = self.events.create_api_destination(
            Name=self.name,
            ConnectionArn=connection or self.connection(),
            InvocationEndpoint=url,
            HttpMethod="POST",
            **settings,
        )["ApiDestinationArn"]
        return arn

    def role(self, destination: str, trusted: Statement | None = None) -> str:
        invoke = allow("events:InvokeApiDestination", destination)
        return create_role(self.standin, self.name, trusted or trust("events"), invoke)

    def target(self, destination: str, **settings: Any) -> Queue:
        """A rule for the destination; answers with its dead-letter queue."""
        letters = Queue(self.standin, f"{self.name}-letters", "events.amazonaws.com", self.rule)
        role = settings.pop("RoleArn", None) or self.role(destination)
        target = {"Arn": destination, "RoleArn": role, "DeadLetterConfig": {"Arn": letters.arn}, **settings}
        create_rule(self.standin, self.name, {"source": [self.name]}, target)
        return letters

    def put_event(self, **detail: Any) -> None:
        self.events.put_events(Entries=[{"Source": self.name, "DetailType": "t", "Detail": json.dumps(detail)}])

    def deliver(self, endpoint: Endpoint, count: int = 1, **settings: Any) -> Queue:
        """An event for an endpoint that is to be called so often."""
        letters = self.target(self.destination(endpoint.url), **settings)
        self.put_event(x=1)
        endpoint.wait(count)
        return letters

    def attributes(self, letters: Queue) -> dict[str, str]:
        letters.wait(1)
        return {name: value["StringValue"] for name, value in letters.messages[0]["MessageAttributes"].items()}

    def test_the_event_arrives_with_the_key_and_the_parameters_of_connection_and_target(self) -> None:
        endpoint = start(self)
        parameters = {
            **KEY,
            "InvocationHttpParameters": {
                "HeaderParameters": [{"Key": "x-secret", "Value": "header", "IsValueSecret": True}],
                "QueryStringParameters": [{"Key": "sig", "Value": "a/b+c=", "IsValueSecret": True}],
                "BodyParameters": [{"Key": "routing_key", "Value": "body", "IsValueSecret": True}],
            },
        }
        destination = self.destination(f"{endpoint.url}/hook/*?api=1", self.connection(parameters=parameters))
        http = {"PathParameterValues": ["$.detail.id"], "HeaderParameters": {"x-secret": "weaker", "x-other": "target"}}
        self.target(destination, HttpParameters=http)
        self.put_event(id="i-1")
        [request] = endpoint.wait(1)
        self.assertEqual((request.method, request.path), ("POST", "/hook/i-1"))
        self.assertEqual(request.query, {"api": "1", "sig": "a/b+c="})
        headers = {name: request.headers[name] for name in ("x-key", "x-secret", "x-other", "user-agent")}
        self.assertEqual(
            headers,
            {
                "x-key": "secret-key",
                "x-secret": "header",
                "x-other": "target",
                "user-agent": "Amazon/EventBridge/ApiDestinations",
            },
        )
        body = request.document()
        self.assertEqual((body["detail"], body["routing_key"]), ({"id": "i-1"}, "body"))

    def test_basic_credentials_arrive(self) -> None:
        endpoint = start(self)
        basic = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}
        self.target(self.destination(endpoint.url, self.connection("BASIC", basic)))
        self.put_event()
        [request] = endpoint.wait(1)
        self.assertEqual(request.headers["authorization"], f"Basic {base64.b64encode(b'user:pass').decode()}")

    def test_a_token_is_fetched_once_and_renewed_when_it_is_refused(self) -> None:
        tokens = start(self, *(Reply(200, {"access_token": f"t{n}", "token_type": "Bearer"}) for n in (1, 2)))
        endpoint = start(self, Reply(200), Reply(401), Reply(200))
        oauth = {
            "OAuthParameters": {
                "ClientParameters": {"ClientID": "id", "ClientSecret": "client-secret"},
                "AuthorizationEndpoint": f"{tokens.url}/token",
                "HttpMethod": "POST",
            }
        }
        self.target(self.destination(endpoint.url, self.connection("OAUTH_CLIENT_CREDENTIALS", oauth)))
        self.put_event()
        endpoint.wait(1)
        self.put_event()
        given = [request.headers["authorization"] for request in endpoint.wait(3)]
        self.assertEqual(given, ["Bearer t1", "Bearer t1", "Bearer t2"])
        self.assertIn(b"client_secret=client-secret", tokens.got[0].body)

    def test_secrets_are_never_told(self) -> None:
        parameters = {
            "BasicAuthParameters": {"Username": "user", "Password": "hidden-1"},
            "InvocationHttpParameters": {
                "HeaderParameters": [
                    {"Key": "a", "Value": "hidden-2", "IsValueSecret": True},
                    {"Key": "b", "Value": "shown", "IsValueSecret": False},
                ]
            },
        }
        arn = self.connection("BASIC", parameters)
        told = self.events.describe_connection(Name=self.name)
        self.assertNotIn("hidden", json.dumps(told, default=str))
        self.assertEqual(told["AuthParameters"]["BasicAuthParameters"], {"Username": "user"})
        headers = told["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"]
        self.assertEqual(headers, [{"Key": "a", "IsValueSecret": True}, {"Key": "b", "Value": "shown", "IsValueSecret": False}])
        self.assertRegex(arn, rf":connection/{self.name}/[-0-9a-f]{{36}}$")
        self.assertRegex(told["SecretArn"], rf":secret:events!connection/{self.name}/")
        self.assertNotIn("hidden", json.dumps(self.events.list_connections(), default=str))

    def test_a_connection_has_the_parameters_of_its_kind(self) -> None:
        with self.assertRaisesRegex(ClientError, "BasicAuthParameters must be specified"):
            self.connection("BASIC", KEY)

    def test_a_destination_needs_a_connection_that_exists(self) -> None:
        with self.assertRaises(self.events.exceptions.ResourceNotFoundException):
            self.destination("http://127.0.0.1:1", self.connection()[:-1] + "x")

    def test_what_may_pass_by_itself_is_tried_again(self) -> None:
        statuses = (401, 407, 409, 429, 500, 503)
        endpoint = start(self, *map(Reply, statuses), Reply(200))
        letters = self.deliver(endpoint, len(statuses) + 1)
        self.assertEqual(letters.bodies(), [])

    def test_another_client_error_is_final(self) -> None:
        for status in (302, 400, 403, 404, 410, 422):
            with self.subTest(status=status):
                endpoint = start(self, Reply(status))
                self.name = f"final-{status}"
                self.rule = rule_arn(self.name)
                letters = self.deliver(endpoint)
                attributes = self.attributes(letters)
                self.assertEqual(attributes["ERROR_CODE"], "ERROR_FROM_TARGET")
                self.assertIn(str(status), attributes["ERROR_MESSAGE"])
                self.assertNotIn("EXHAUSTED_RETRY_CONDITION", attributes)
                self.assertEqual(len(endpoint.got), 1)

    def test_the_retry_policy_ends_the_attempts_and_the_letter_says_so(self) -> None:
        endpoint = start(self, Reply(500))
        letters = self.deliver(endpoint, 3, RetryPolicy={"MaximumRetryAttempts": 2}, Input='{"transformed": 1}')
        attributes = self.attributes(letters)
        destination = self.events.describe_api_destination(Name=self.name)["ApiDestinationArn"]
        self.assertIn("500", attributes.pop("ERROR_MESSAGE"))
        self.assertEqual(
            attributes,
            {
                "RULE_ARN": self.rule,
                "TARGET_ARN": destination,
                "ERROR_CODE": "ERROR_FROM_TARGET",
                "RETRY_ATTEMPTS": "2",
                "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            },
        )
        self.assertEqual(letters.bodies()[0]["detail"], {"x": 1})
        self.assertEqual(len(endpoint.got), 3)
        counts = {"RetryInvocationAttempts": 2, "FailedInvocations": 1, "InvocationsSentToDlq": 1}
        self.assertEqual({name: metric(self.standin, "AWS/Events", name, RuleName=self.name) for name in counts}, counts)

    def test_an_event_gets_too_old(self) -> None:
        endpoint = start(self, Reply(503))
        letters = self.deliver(endpoint, 2, RetryPolicy={"MaximumEventAgeInSeconds": 60})
        attributes = self.attributes(letters)
        self.assertEqual(attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds")
        self.assertLess(len(endpoint.got), 10)

    def test_a_day_of_retries_ends_by_itself(self) -> None:
        endpoint = start(self, Reply(503))
        letters = self.deliver(endpoint, 100)
        self.assertIn("EXHAUSTED_RETRY_CONDITION", self.attributes(letters))
        self.assertLessEqual(len(endpoint.got), 186)

    def test_retry_after_is_waited_for(self) -> None:
        endpoint = start(self, Reply(429, headers={"Retry-After": "90"}))
        letters = self.deliver(endpoint, 1, RetryPolicy={"MaximumEventAgeInSeconds": 60})
        attributes = self.attributes(letters)
        self.assertEqual((attributes["ERROR_CODE"], attributes["RETRY_ATTEMPTS"]), ("THROTTLING", "0"))
        self.assertEqual(len(endpoint.got), 1)

    def test_a_negative_retry_after_ends_the_retries(self) -> None:
        endpoint = start(self, Reply(503, headers={"Retry-After": "-1"}))
        self.attributes(self.deliver(endpoint))
        self.assertEqual(len(endpoint.got), 1)

    def test_an_endpoint_that_takes_too_long_is_called_again_though_it_has_taken_the_event(self) -> None:
        endpoint = start(self)
        endpoint.set_fault(Fault("slow", times=1, seconds=60))
        letters = self.deliver(endpoint, 2)
        self.assertEqual(letters.bodies(), [])
        self.assertEqual(endpoint.got[0].body, endpoint.got[1].body)

    def test_a_connection_that_breaks_is_tried_again(self) -> None:
        endpoint = start(self)
        endpoint.set_fault(Fault("reset", times=2))
        self.assertEqual(self.deliver(endpoint).bodies(), [])
        self.assertEqual(len(endpoint.requests), 3)

    def test_nobody_listens(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        letters = self.target(self.destination(f"http://127.0.0.1:{port}"), RetryPolicy={"MaximumRetryAttempts": 1})
        self.put_event()
        attributes = self.attributes(letters)
        self.assertEqual((attributes["ERROR_CODE"], attributes["RETRY_ATTEMPTS"]), ("CONNECTION_FAILURE", "1"))

    def test_nothing_leaves_the_machine(self) -> None:
        letters = self.target(self.destination("https://slack.example/api/chat.postMessage"))
        self.put_event()
        self.assertIn("no local server answers for slack.example", self.attributes(letters)["ERROR_MESSAGE"])

    def test_a_local_server_answers_for_the_host_of_a_vendor(self) -> None:
        endpoint = start(self)
        self.put_hosts({"vendor.example": f"{endpoint.url}/prefix"})
        self.addCleanup(self.put_hosts, {"vendor.example": None})
        self.target(self.destination("https://vendor.example/v2/enqueue?a=1"))
        self.put_event()
        [request] = endpoint.wait(1)
        self.assertEqual((request.path, request.query), ("/prefix/v2/enqueue", {"a": "1"}))
        self.assertEqual(request.headers["host"], "vendor.example")

    def test_a_host_is_only_given_to_a_server_of_this_machine(self) -> None:
        self.assertEqual(self.put_hosts({"vendor.example": "http://192.0.2.1"}), 400)

    def put_hosts(self, hosts: dict[str, Any]) -> int:
        return self.standin.put("/_standin/hosts", hosts)

    def test_a_letter_that_its_queue_does_not_admit_is_counted(self) -> None:
        endpoint = start(self, Reply(400))
        letters = Queue(self.standin, f"{self.name}-other", "events.amazonaws.com", rule_arn("other"))
        self.deliver(endpoint, DeadLetterConfig={"Arn": letters.arn})
        wait_for(
            "the count", lambda: metric(self.standin, "AWS/Events", "InvocationsFailedToBeSentToDlq", RuleName=self.name)
        )
        self.assertEqual(letters.bodies(), [])

    def test_a_role_must_allow_the_call(self) -> None:
        endpoint = start(self)
        destination = self.destination(endpoint.url)
        letters = self.target(destination, RoleArn=self.role(destination + "-other"))
        self.put_event()
        attributes = self.attributes(letters)
        self.assertEqual(attributes["ERROR_CODE"], "NO_PERMISSIONS")
        self.assertIn("events:InvokeApiDestination", attributes["ERROR_MESSAGE"])
        self.assertEqual(endpoint.got, [])

    def test_a_role_must_trust_eventbridge(self) -> None:
        endpoint = start(self)
        destination = self.destination(endpoint.url)
        letters = self.target(destination, RoleArn=self.role(destination, trust("lambda")))
        self.put_event()
        self.assertEqual(self.attributes(letters)["ERROR_CODE"], "FAILED_TO_ASSUME_ROLE")

    def test_a_target_needs_a_role(self) -> None:
        destination = self.destination("http://127.0.0.1:1")
        self.events.put_rule(Name=self.name, EventPattern='{"source": ["a"]}')
        with self.assertRaisesRegex(ClientError, "RoleArn is required"):
            self.events.put_targets(Rule=self.name, Targets=[{"Id": "1", "Arn": destination}])

    def test_a_template_that_cannot_become_json_is_refused(self) -> None:
        destination = self.destination("http://127.0.0.1:1")
        transformer = {"InputPathsMap": {"a": "$.id"}, "InputTemplate": '{"a": <a>, }'}
        with self.assertRaisesRegex(ClientError, "Invalid InputTemplate"):
            self.target(destination, InputTransformer=transformer)

    def test_a_destination_that_is_gone_is_no_target(self) -> None:
        letters = self.target(self.destination("http://127.0.0.1:1"))
        self.events.delete_api_destination(Name=self.name)
        self.put_event()
        self.assertEqual(self.attributes(letters)["ERROR_CODE"], "NO_RESOURCE")

    def test_a_connection_without_its_secret_makes_the_destination_inactive_until_it_has_one(self) -> None:
        endpoint = start(self)
        letters = self.target(self.destination(endpoint.url), RetryPolicy={"MaximumRetryAttempts": 1})

        def state() -> str:
            told: str = self.events.describe_api_destination(Name=self.name)["ApiDestinationState"]
            return told

        self.events.deauthorize_connection(Name=self.name)
        self.assertEqual(state(), "INACTIVE")
        self.put_event()
        self.assertEqual(self.attributes(letters)["ERROR_CODE"], "NO_PERMISSIONS")
        self.events.update_connection(Name=self.name, AuthorizationType="API_KEY", AuthParameters=KEY)
        self.assertEqual(state(), "ACTIVE")
        self.put_event()
        endpoint.wait(1)

    def test_a_template_is_filled_in_and_nothing_is_escaped(self) -> None:
        endpoint = start(self)
        transformer = {
            "InputPathsMap": {"text": "$.detail.text", "list": "$.detail.list", "none": "$.detail.none"},
            "InputTemplate": '{"a": <text>, "b": "- <text> -", "c": <list>, "d": "<none>"}',
        }
        letters = self.target(self.destination(endpoint.url), InputTransformer=transformer)
        self.put_event(text="plain", list=[1, "2"])
        [request] = endpoint.wait(1)
        self.assertEqual(request.document(), {"a": "plain", "b": "- plain -", "c": [1, "2"], "d": ""})
        self.put_event(text='a "quote"', list=[])
        self.assertEqual(self.attributes(letters)["ERROR_CODE"], "INVALID_JSON")
        self.assertEqual(len(endpoint.got), 1)


class PaceTest(unittest.TestCase):
    def test_calls_keep_the_rate_of_their_destination(self) -> None:
        pace = Pace(scale=0.5)
        with mock.patch("standin.api_destinations.time.monotonic", return_value=100.0):
            waits = [pace.wait("one", 2), pace.wait("one", 2), pace.wait("other", 1), pace.wait("one", 2)]
        self.assertEqual(waits, [0.0, 0.25, 0.0, 0.5])
        with mock.patch("standin.api_destinations.time.monotonic", return_value=200.0):
            self.assertEqual([pace.wait("one", 2), pace.wait("one", 2)], [0.0, 0.25])


if __name__ == "__main__":
    unittest.main()
