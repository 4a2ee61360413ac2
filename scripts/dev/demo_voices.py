"""Opens, changes, escalates and resolves violations, and shows what arrives at each owner and in each channel.

usage: PYTHONPATH=scripts python -m dev.demo_voices OUTPUTS RECEIVERS, files with what `terraform output -json` and
standin.receivers printed
"""

from __future__ import annotations

import json
import sys
from typing import Any

from standin.receivers import slack

from .channels import CHAT, STATE, call
from .demo import COMPLETE, Demo, heading, wait_for
from .subscriber import Subscriber

# Whose violation it is, by the instance's name; nobody has the third.
FLEET = {
    "web": {"Owner": "web-team", "Environment": "prod"},
    "data": {"Owner": "data-lake", "Environment": "prod"},
    "lost": {"Environment": "prod"},
}
# One more finding.
WORSE = {"Environment": "qa"}
# Longer than escalate_after_days.
DAYS_AGO = 8
DAY_MILLIS = 24 * 60 * 60 * 1000

State = dict[str, Any]


class Voices:
    """A mailbox for each address, and what the receivers hold."""

    def __init__(self, demo: Demo, receivers: dict[str, dict[str, Any]]) -> None:
        self.demo = demo
        self._urls = {name: receiver["url"] for name, receiver in receivers.items()}
        self.mailboxes = {address: self._mailbox(address, policy) for address, policy in self._addresses().items()}

    def _addresses(self) -> dict[str, dict[str, str]]:
        """The attributes of each address's subscription, which filter what it gets."""
        sns = self.demo.sns
        found = {}
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.demo.outputs["alert_topic_arn"])
        for subscription in (each for page in pages for each in page["Subscriptions"] if each["Protocol"] == "email"):
            given = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])["Attributes"]
            filters = ("FilterPolicy", "FilterPolicyScope")
            found[subscription["Endpoint"]] = {name: given[name] for name in filters if "FilterPolicy" in given}
        return found

    def _mailbox(self, address: str, attributes: dict[str, str]) -> Subscriber:
        name = f"mail-{address.partition('@')[0]}-{self.demo.outputs['environment_suffix']}"
        return Subscriber(self.demo.sqs, self.demo.sns, self.demo.outputs["alert_topic_arn"], name, attributes)

    def close(self) -> None:
        for mailbox in self.mailboxes.values():
            mailbox.close()

    def held(self, name: str) -> State:
        """What a receiver holds."""
        state: State = call(f"{self._urls[name]}{STATE}?requests=no")
        return state

    def mails(self) -> dict[str, list[str]]:
        """The subjects of each address's mails."""
        return {address: [mail["Subject"] for mail in mailbox.messages()] for address, mailbox in self.mailboxes.items()}

    def slack(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.held("slack")["channels"][slack.CHANNEL]
        return messages

    def chat(self) -> list[dict[str, Any]]:
        [channel] = call(CHAT).values() or [{"notifications": [], "dropped": []}]
        notifications: list[dict[str, Any]] = channel["notifications"]
        return notifications

    def machines(self) -> list[dict[str, Any]]:
        """The details of the webhook's events, in order of arrival."""
        return [event["detail"] for event in self.held("webhook")["events"].values()]

    def problems(self) -> list[str]:
        """What a receiver had to refuse."""
        refused = [f"{name}: {problem}" for name in self._urls for problem in self.held(name)["problems"]]
        dropped = [f"chat: {drop['reason']}" for channel in call(CHAT).values() for drop in channel["dropped"]]
        return refused + dropped


def show(voices: Voices) -> None:
    demo = voices.demo
    heading("The first sweep")
    print("  What it finds is the baseline: only its digest reports that.")
    demo.sweep()
    wait_for("sweeps", lambda: int(demo.has_begun()), 1)

    heading('The test message, by {"test": "channels"}')
    invoke(demo, {"test": "channels"})
    wait_for("messages in each channel", lambda: fewest(voices), 1)
    wait_for("incidents resolved", lambda: pagerduty(voices, "resolved"), 1)
    wait_for("alerts closed", lambda: jsm(voices, "closed"), 1)
    wait_for("emails to all@example.com", lambda: len(voices.mails()["all@example.com"]), 1)

    heading("An instance of web-team, one of data-lake and one of nobody lack the tag Application")
    ids = {name: demo.launch({"Name": name, **tags})[0] for name, tags in FLEET.items()}
    wait_for("violations opened", lambda: changes(voices, "opened"), 3)
    wait_for("incidents triggered", lambda: pagerduty(voices, "triggered"), 3)
    wait_for("alerts open", lambda: jsm(voices, "open"), 3)
    wait_for("messages in each channel", lambda: fewest(voices), 4)

    heading(f"Environment of data-lake's becomes {WORSE['Environment']}, which the policy does not allow")
    demo.tag(ids["data"], WORSE)
    wait_for("violations changed", lambda: changes(voices, "changed"), 1)
    wait_for("messages in each channel", lambda: fewest(voices), 5)

    heading("The instance of web-team gets its tags")
    demo.tag(ids["web"], COMPLETE)
    wait_for("violations resolved", lambda: changes(voices, "resolved"), 1)
    wait_for("incidents resolved", lambda: pagerduty(voices, "resolved"), 2)
    wait_for("alerts closed", lambda: jsm(voices, "closed"), 2)
    wait_for("messages in each channel", lambda: fewest(voices), 6)

    heading(f"Nobody's violation has been open for {DAYS_AGO} days, as the table has it now")
    age(demo, ids["lost"])
    invoke(demo, {"instanceId": ids["lost"]})
    wait_for("emails to manager@example.com", lambda: len(voices.mails()["manager@example.com"]), 1)
    wait_for("messages in each channel", lambda: fewest(voices), 7)

    show_held(voices, {instance_id: name for name, instance_id in ids.items()})
    if problems := voices.problems():
        sys.exit("demo: " + "; ".join(problems))


def invoke(demo: Demo, event: dict[str, Any]) -> None:
    demo.functions.invoke(FunctionName=demo.outputs["function_name"], Payload=json.dumps(event).encode())


def age(demo: Demo, instance_id: str) -> None:
    """Makes a violation older: when it was opened, as it is and as each voice told it."""
    item = demo.state()[instance_id]
    opened_at = str(int(item["gen"]) - DAYS_AGO * DAY_MILLIS)
    demo.dynamodb.update_item(
        TableName=demo.outputs["state_table_name"],
        Key={name: {"S": item[name]} for name in ("pk", "sk")},
        UpdateExpression="SET gen = :at, tgen = :at, bgen = :at",
        ExpressionAttributeValues={":at": {"N": opened_at}},
    )


def changes(voices: Voices, change: str) -> int:
    return sum(detail["change"] == change for detail in voices.machines())


def pagerduty(voices: Voices, status: str) -> int:
    return sum(alert["status"] == status for alert in voices.held("pagerduty")["alerts"].values())


def jsm(voices: Voices, status: str) -> int:
    return sum(alert["status"] == status for alert in voices.held("jsm")["alerts"])


def fewest(voices: Voices) -> int:
    """How many messages people have in Slack, in Teams and by Amazon Q Developer, where there are the fewest."""
    return min(len(voices.slack()), len(voices.held("teams")["cards"]), len(voices.chat()))


def show_held(voices: Voices, names: dict[str, str]) -> None:
    heading("Emails, by address")
    for address, subjects in sorted(voices.mails().items()):
        rows(address, subjects or ["-"], 22)

    heading("Slack: the channel, with its threads")
    for message in voices.slack():
        print(f"  {'  > ' if 'thread_ts' in message else ''}{message['text']}")

    heading("Microsoft Teams: the title of each card")
    for card in voices.held("teams")["cards"]:
        print(f"  {card['fallbackText']}")

    heading("Amazon Q Developer in chat applications: thread and title of each notification")
    for notification in voices.chat():
        print(f"  {notification['metadata']['threadId']}  {notification['content']['title']}")

    heading("PagerDuty: an incident for each violation")
    for alert in voices.held("pagerduty")["alerts"].values():
        print(f"  {alert['status']:<10} {alert['payload']['severity']:<8} {alert['payload']['summary']}")

    heading("Jira Service Management: an alert for each violation")
    for alert in voices.held("jsm")["alerts"]:
        print(f"  {alert['status']:<10} {alert['priority']:<8} {alert['message']}")

    heading("Webhook: the event of each change")
    print(f"  {'change':<9} {'no.':<4} {'name':<5} {'owner':<10} {'owners key':<11} findings")
    for detail in voices.machines():
        name, owner, key = names.get(detail["instanceId"], "-"), detail["owner"] or "-", detail["ownerPattern"] or "-"
        findings = "; ".join(finding["message"] for finding in detail["findings"]) or detail.get("closedWhy") or "-"
        print(f"  {detail['change']:<9} {detail['sequence']:<4} {name:<5} {owner:<10} {key:<11} {findings}")


def rows(name: str, lines: list[str], width: int) -> None:
    """Prints a name, and lines in a column beside it."""
    for number, line in enumerate(lines):
        print(f"  {'' if number else name:<{width}} {line}")


def main(outputs: str, receivers: str) -> None:
    with open(outputs, encoding="utf-8") as file:
        demo = Demo({name: output["value"] for name, output in json.load(file).items()})
    with open(receivers, encoding="utf-8") as file:
        voices = Voices(demo, json.load(file)["receivers"])
    try:
        show(voices)
    finally:
        voices.close()
        demo.subscriber.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
