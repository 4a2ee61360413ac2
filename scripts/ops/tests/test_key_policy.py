"""The key policy of docs/security.md, evaluated for each principal that uses the key. Pure."""

from __future__ import annotations

import copy
import json
import re
import unittest
from typing import Any

from ministack.core import iam_evaluator

from .support import ROOT

ACCOUNT, REGION = "123456789012", "us-east-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/tag-compliance-checker-prod"
SERVICES: list[tuple[str, list[str], dict[str, str]]] = [
    # EventBridge names no account when it uses the key of a queue.
    ("events.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], {}),
    ("cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], {"aws:sourceaccount": ACCOUNT}),
    (
        f"logs.{REGION}.amazonaws.com",
        ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:ReEncryptTo"],
        {"kms:encryptioncontext:aws:logs:arn": LOG_GROUP},
    ),
]


def policy() -> dict[str, Any]:
    found = re.search(r"<!-- key policy -->\n\n```json\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert found, "docs/security.md has no key policy"
    document: dict[str, Any] = json.loads(found[1])
    return document


def table_paragraph() -> str:
    """What stands in the document of the key and the table."""
    found = re.search(r"^DynamoDB asks for no grant.*?\n\n", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert found, "docs/security.md says nothing of the table's key"
    return found[0]


def context(kind: str, principal: str, action: str, keys: dict[str, str]) -> iam_evaluator.EvalContext:
    account = "" if kind == "Service" else principal.split(":")[4]
    return iam_evaluator.EvalContext(principal, kind, account, action, KEY, REGION, service_context=keys)


def service_may(document: dict[str, Any], service: str, action: str, keys: dict[str, str]) -> bool:
    asked = context("Service", "*", action, keys)
    return iam_evaluator.evaluate_resource_policy(document, asked, service=service).decision == "Allow"


def role_may(document: dict[str, Any], actions: list[str], action: str, account: str = ACCOUNT) -> bool:
    """Whether a role may whose own policy has the actions."""
    asked = context("AssumedRole", f"arn:aws:sts::{account}:assumed-role/role/session", action, {})
    statement = {"Effect": "Allow", "Action": actions, "Resource": KEY}
    own = iam_evaluator.evaluate(asked, [iam_evaluator.parse_policy_document({"Statement": [statement]})] if actions else [])
    both = iam_evaluator.combine_resource_policy(own, asked, document, ACCOUNT, required=True)
    return both.decision == "Allow"


class KeyPolicyTest(unittest.TestCase):
    def test_each_service_may_do_what_it_has_to(self) -> None:
        for service, actions, keys in SERVICES:
            for action in actions:
                with self.subTest(service=service, action=action):
                    self.assertTrue(service_may(policy(), service, action, keys))

    def test_no_service_may_do_more(self) -> None:
        for service, _, keys in SERVICES:
            for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant"):
                with self.subTest(service=service, action=action):
                    self.assertFalse(service_may(policy(), service, action, keys))
        self.assertFalse(service_may(policy(), "ec2.amazonaws.com", "kms:Decrypt", {}))

    def test_another_account_and_another_log_group_have_nothing(self) -> None:
        other = {"aws:sourceaccount": "9" * 12}
        self.assertFalse(service_may(policy(), "cloudwatch.amazonaws.com", "kms:Decrypt", other))
        group = {"kms:encryptioncontext:aws:logs:arn": LOG_GROUP.replace("tag-compliance-checker", "other")}
        self.assertFalse(service_may(policy(), f"logs.{REGION}.amazonaws.com", "kms:Decrypt", group))
        self.assertFalse(role_may(policy(), ["kms:Decrypt"], "kms:Decrypt", account="9" * 12))

    def test_the_roles_need_their_own_rights_and_have_them(self) -> None:
        # The permissions that encryption.tftest.hcl checks in the policies of both roles.
        rights = ["kms:Decrypt", "kms:GenerateDataKey"]
        for right in rights:
            self.assertTrue(role_may(policy(), rights, right))
            self.assertFalse(role_may(policy(), [other for other in rights if other != right], right))
        self.assertFalse(role_may(policy(), rights, "kms:Encrypt"))

    def test_whoever_applies_may_use_the_key_for_the_table_by_iam(self) -> None:
        # The permissions that docs/security.md requires for an apply; a wildcard stands for several actions.
        rights = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"]
        rights += ["kms:GenerateDataKey*", "kms:ReEncrypt*"]
        named = set(re.findall(r"`(kms:\w+\*?)`", table_paragraph()))
        self.assertEqual(named - {"kms:ViaService"}, set(rights))
        # From "How DynamoDB uses AWS KMS": without one of them, no table can be created or read with the key.
        needed = [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ]
        for action in needed:
            with self.subTest(action=action):
                self.assertTrue(role_may(policy(), rights, action))
                self.assertFalse(role_may(policy(), rights, action, account="9" * 12))
        for right in rights:
            left = [other for other in rights if other != right]
            with self.subTest(without=right):
                self.assertIn(False, [role_may(policy(), left, action) for action in needed])

    def test_no_statement_can_be_left_out(self) -> None:
        for index, statement in enumerate(policy()["Statement"]):
            less = copy.deepcopy(policy())
            del less["Statement"][index]
            allowed = [service_may(less, service, action, keys) for service, actions, keys in SERVICES for action in actions]
            allowed.append(role_may(less, ["kms:Decrypt"], "kms:Decrypt"))
            with self.subTest(statement["Sid"]):
                self.assertIn(False, allowed)


if __name__ == "__main__":
    unittest.main()
