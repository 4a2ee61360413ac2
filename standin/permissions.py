"""Whether a service or a role may do something, according to the policies stored in MiniStack.

MiniStack evaluates policies for the API calls that reach it. What one AWS service does to another's
resource is not such a call, so its permission is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.services import iam as iam_service


def service_may(
    policy: str | dict | None,
    service: str,
    action: str,
    resource_arn: str,
    source_arn: str,
    source_account: str,
) -> bool:
    """Whether a resource's own policy allows an AWS service that acts for ``source_arn``."""
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": source_account},
    )
    return iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow"


def role_exists(role_arn: str) -> bool:
    """Whether IAM knows the role."""
    account, name = _account_and_name(role_arn)
    return iam_service._roles.get_scoped(account, None, name) is not None


def role_may(role_arn: str, action: str, resource_arn: str, keys: Mapping[str, Any] | None = None) -> bool:
    """Whether a role may do an action, by its own policies, its boundary and the resource's policy.

    ``keys`` are the service's own condition keys.
    """
    account, name = _account_and_name(role_arn)
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/standin",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        service_context={key.lower(): value for key, value in (keys or {}).items()},
    )
    limits = iam_evaluator._permissions_boundary(iam_service._roles, name, account)
    result = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account), *limits)
    resource_policy = iam_evaluator._resource_policy(action.partition(":")[0], resource_arn)
    if resource_policy is not None:
        result = iam_evaluator.combine_resource_policy(result, context, *resource_policy, limits=tuple(limits))
    return result.decision == "Allow"


def service_may_assume(role_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Whether a role's trust policy lets an AWS service assume it for ``source_arn``."""
    account, name = _account_and_name(role_arn)
    role = iam_service._roles.get_scoped(account, None, name)
    if role is None:
        return False
    trust = role.get("AssumeRolePolicyDocument")
    return service_may(trust, service, "sts:AssumeRole", role_arn, source_arn, source_account)


def _account_and_name(role_arn: str) -> tuple[str, str]:
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    return account, role_arn.rsplit("/", 1)[-1]
