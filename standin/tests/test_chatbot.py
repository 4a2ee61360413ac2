"""Amazon Q Developer in chat applications: channel configurations, and what they post of a topic's messages."""

from __future__ import annotations

import json
import unittest
import urllib.request
from typing import Any

from botocore.exceptions import ClientError

from .roles import allow, create_role, trust
from .support import ACCOUNT, StandInTest, create_rule, rule_arn, service_policy, wait_for

TEAM = "01234567-89ab-cdef-0123-456789abcdef"
TENANT = "fedcba98-7654-3210-fedc-ba9876543210"
NOTIFICATION: dict[str, Any] = {
    "version": "1.0",
    "source": "custom",
    "id": "1",
    "content": {"textType": "client-markdown", "title": "t", "description": "d", "nextSteps": ["n"], "keywords": ["k"]},
    "metadata": {"threadId": "0123456789abcdef", "summary": "s", "additionalContext": {"instance": "i-1"}},
}


class ChatbotTest(StandInTest):
    def setUp(self) -> None:
        # As Terraform does: the service has no endpoint in our region.
        self.chatbot = self.standin.client("chatbot", region="us-west-2")
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[-50:].strip("-")
        self.topic = self.standin.client("sns").create_topic(Name=self.name)["TopicArn"]
        self.role = create_role(self.standin, self.name, trust("chatbot"), allow("cloudwatch:Describe*", "*"))
        self.addCleanup(self.delete_all)

    def delete_all(self) -> None:
        for described in self.chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"]:
            self.chatbot.delete_slack_channel_configuration(ChatConfigurationArn=described["ChatConfigurationArn"])
        for described in self.chatbot.list_microsoft_teams_channel_configurations()["TeamChannelConfigurations"]:
            self.chatbot.delete_microsoft_teams_channel_configuration(
                ChatConfigurationArn=described["ChatConfigurationArn"]
            )
        self.standin_chat("DELETE")

    def slack(self, **settings: Any) -> dict[str, Any]:
        given = {
            "ConfigurationName": self.name,
            "IamRoleArn": self.role,
            "SlackTeamId": "T0000000001",
            "SlackChannelId": "C0000000001",
            "SnsTopicArns": [self.topic],
            **settings,
        }
        created: dict[str, Any] = self.chatbot.create_slack_channel_configuration(**given)["ChannelConfiguration"]
        return created

    def teams(self, **settings: Any) -> dict[str, Any]:
        given = {
            "ConfigurationName": self.name,
            "IamRoleArn": self.role,
            "TeamId": TEAM,
            "TenantId": TENANT,
            "ChannelId": "19%3a0123456789abcdef%40thread.tacv2",
            "SnsTopicArns": [self.topic],
            **settings,
        }
        created: dict[str, Any] = self.chatbot.create_microsoft_teams_channel_configuration(**given)["ChannelConfiguration"]
        return created

    def standin_chat(self, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self.standin.endpoint}/_standin/chat", method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.loads(answer.read() or b"null")

    def test_a_slack_channel_is_configured_changed_and_deleted(self) -> None:
        created = self.slack(Tags=[{"TagKey": "a", "TagValue": "1"}])
        arn = created["ChatConfigurationArn"]
        self.assertEqual(arn, f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/{self.name}")
        self.assertEqual(created["GuardrailPolicyArns"], ["arn:aws:iam::aws:policy/AdministratorAccess"])
        described = self.chatbot.describe_slack_channel_configurations(ChatConfigurationArn=arn)
        self.assertEqual(described["SlackChannelConfigurations"], [created])
        self.chatbot.update_slack_channel_configuration(
            ChatConfigurationArn=arn, SlackChannelId="C0000000002", LoggingLevel="ERROR"
        )
        [changed] = self.chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"]
        self.assertEqual(changed, {**created, "SlackChannelId": "C0000000002", "LoggingLevel": "ERROR"})
        self.chatbot.delete_slack_channel_configuration(ChatConfigurationArn=arn)
        with self.assertRaises(self.chatbot.exceptions.ResourceNotFoundException):
            self.chatbot.delete_slack_channel_configuration(ChatConfigurationArn=arn)
        described = self.chatbot.describe_slack_channel_configurations(ChatConfigurationArn=arn)
        self.assertEqual(described["SlackChannelConfigurations"], [])

    def test_a_teams_channel_is_configured_changed_and_deleted(self) -> None:
        created = self.teams()
        arn = created["ChatConfigurationArn"]
        self.assertEqual(arn, f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/microsoft-teams-channel/{self.name}")
        self.chatbot.update_microsoft_teams_channel_configuration(
            ChatConfigurationArn=arn, ChannelId=created["ChannelId"], GuardrailPolicyArns=["arn:aws:iam::aws:policy/X"]
        )
        found = self.chatbot.get_microsoft_teams_channel_configuration(ChatConfigurationArn=arn)["ChannelConfiguration"]
        self.assertEqual(found, {**created, "GuardrailPolicyArns": ["arn:aws:iam::aws:policy/X"]})
        of_team = self.chatbot.list_microsoft_teams_channel_configurations(TeamId=TEAM)["TeamChannelConfigurations"]
        of_other = self.chatbot.list_microsoft_teams_channel_configurations(TeamId=TENANT)["TeamChannelConfigurations"]
        self.assertEqual((of_team, of_other), ([found], []))
        self.chatbot.delete_microsoft_teams_channel_configuration(ChatConfigurationArn=arn)
        self.assertEqual(self.chatbot.list_microsoft_teams_channel_configurations()["TeamChannelConfigurations"], [])

    def test_tags_are_added_changed_and_taken_away(self) -> None:
        arn = self.slack(Tags=[{"TagKey": "a", "TagValue": "1"}])["ChatConfigurationArn"]
        added = [{"TagKey": "a", "TagValue": "2"}, {"TagKey": "b", "TagValue": "3"}]
        self.chatbot.tag_resource(ResourceARN=arn, Tags=added)
        self.assertEqual(self.chatbot.list_tags_for_resource(ResourceARN=arn)["Tags"], added)
        self.chatbot.untag_resource(ResourceARN=arn, TagKeys=["a"])
        self.assertEqual(self.chatbot.list_tags_for_resource(ResourceARN=arn)["Tags"], added[1:])
        for absent in (
            lambda: self.chatbot.list_tags_for_resource(ResourceARN=f"{arn}-other"),
            lambda: self.chatbot.untag_resource(ResourceARN=f"{arn}-other", TagKeys=["a"]),
            lambda: self.chatbot.update_slack_channel_configuration(
                ChatConfigurationArn=f"{arn}-other", SlackChannelId="C1"
            ),
        ):
            with self.assertRaises(self.chatbot.exceptions.ResourceNotFoundException):
                absent()

    def test_the_role_must_exist_and_trust_the_service(self) -> None:
        others = create_role(self.standin, f"{self.name}-others", trust("lambda"))
        for role in (others, f"arn:aws:iam::{ACCOUNT}:role/absent"):
            with self.subTest(role=role), self.assertRaisesRegex(ClientError, "cannot assume the role"):
                self.slack(IamRoleArn=role)
        arn = self.slack()["ChatConfigurationArn"]
        with self.assertRaisesRegex(ClientError, "cannot assume the role"):
            self.chatbot.update_slack_channel_configuration(
                ChatConfigurationArn=arn, SlackChannelId="C1", IamRoleArn=others
            )

    def test_the_topic_must_exist(self) -> None:
        with self.assertRaisesRegex(ClientError, "does not exist"):
            self.teams(SnsTopicArns=[f"{self.topic}-other"])

    def test_a_name_and_a_channel_are_configured_once(self) -> None:
        self.slack()
        with self.assertRaises(self.chatbot.exceptions.ConflictException):
            self.slack(SlackChannelId="C0000000002")
        with self.assertRaisesRegex(ClientError, "already been configured"):
            self.slack(ConfigurationName=f"{self.name}-other")
        # Of another application.
        self.teams()

    def test_an_update_moves_a_configuration_to_no_channel_that_has_one(self) -> None:
        self.slack()
        other = self.slack(ConfigurationName=f"{self.name}-other", SlackChannelId="C0000000002")
        with self.assertRaisesRegex(ClientError, "already been configured"):
            self.chatbot.update_slack_channel_configuration(
                ChatConfigurationArn=other["ChatConfigurationArn"], SlackChannelId="C0000000001"
            )
        found = self.chatbot.describe_slack_channel_configurations(ChatConfigurationArn=other["ChatConfigurationArn"])
        self.assertEqual(found["SlackChannelConfigurations"], [other])

    def test_an_update_takes_no_name_workspace_team_or_tenant(self) -> None:
        def add(params: dict[str, Any], **_: Any) -> None:
            """What the client would not send."""
            place = {"SlackTeamId": "T0000000002", "TeamId": TENANT, "TenantId": TEAM}
            params["body"] = json.dumps({**json.loads(params["body"]), "ConfigurationName": "other", **place})

        self.chatbot.meta.events.register("before-call", add)
        self.addCleanup(self.chatbot.meta.events.unregister, "before-call", add)
        for create, update, channel in (
            (self.slack, self.chatbot.update_slack_channel_configuration, "SlackChannelId"),
            (self.teams, self.chatbot.update_microsoft_teams_channel_configuration, "ChannelId"),
        ):
            created = create()
            arn = created["ChatConfigurationArn"]
            changed = update(ChatConfigurationArn=arn, **{channel: created[channel]})["ChannelConfiguration"]
            self.assertEqual(changed, created)

    def test_a_team_may_have_two_and_its_list_has_both(self) -> None:
        created = [self.teams(), self.teams(ConfigurationName=f"{self.name}-other", ChannelId="19%3a1%40thread.tacv2")]
        of_team = self.chatbot.list_microsoft_teams_channel_configurations(TeamId=TEAM)["TeamChannelConfigurations"]
        self.assertEqual(of_team, created)

    def test_what_is_not_in_the_service_is_refused(self) -> None:
        with self.assertRaises(self.chatbot.exceptions.InvalidRequestException):
            self.chatbot.describe_slack_workspaces()

    def test_custom_notifications_are_posted_and_all_else_is_dropped(self) -> None:
        self.slack()
        self.teams(ConfigurationName=f"{self.name}-teams")
        self.teams(ConfigurationName=f"{self.name}-silent", ChannelId="19%3a1%40thread.tacv2", SnsTopicArns=[])
        sns = self.standin.client("sns")
        sns.publish(TopicArn=self.topic, Message=json.dumps(NOTIFICATION))
        sns.publish(TopicArn=self.topic, Message="no JSON")
        sns.publish(TopicArn=self.topic, Message=json.dumps({**NOTIFICATION, "version": "2.0"}))
        told = self.standin_chat()
        self.assertEqual(set(told), {self.name, f"{self.name}-teams"})
        for channel in told.values():
            self.assertEqual(channel["notifications"], [NOTIFICATION])
            self.assertEqual(
                [dropped["reason"] for dropped in channel["dropped"]],
                ["message: expected an object", "version: expected '1.0', got '2.0'"],
            )
        self.standin_chat("DELETE")
        self.assertEqual(self.standin_chat(), {})

    def test_an_event_reaches_the_channel_by_the_topic(self) -> None:
        self.slack()
        rule = rule_arn(self.name)
        self.standin.client("sns").set_topic_attributes(
            TopicArn=self.topic,
            AttributeName="Policy",
            AttributeValue=service_policy("events.amazonaws.com", "sns:Publish", self.topic, rule),
        )
        create_rule(self.standin, self.name, {"source": [self.name]}, {"Arn": self.topic, "InputPath": "$.detail.chat"})
        entry = {"Source": self.name, "DetailType": "t", "Detail": json.dumps({"chat": NOTIFICATION})}
        self.standin.client("events").put_events(Entries=[entry])
        told = wait_for("the notification", self.standin_chat)
        self.assertEqual(told, {self.name: {"notifications": [NOTIFICATION], "dropped": []}})

    def test_only_reading_and_forgetting_are_known_of_what_was_posted(self) -> None:
        self.assertEqual(self.standin.put("/_standin/chat", {}), 405)


if __name__ == "__main__":
    unittest.main()
