"""Roles and policies, for tests."""

from __future__ import annotations

import json
from typing import Any

from .support import StandIn

Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str) -> Statement:
    """A statement that lets a service assume a role."""
    return {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}


def allow(action: str | list[str], resource: str, **conditions: Any) -> Statement:
    """A statement that allows actions, under conditions by their operator."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": conditions} if conditions else statement


def create_role(standin: StandIn, name: str, trusted: Statement, *statements: Statement) -> str:
    """Create a role with these permissions; return its ARN."""
    iam = standin.client("iam")
    role: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(*statements))
    return role
