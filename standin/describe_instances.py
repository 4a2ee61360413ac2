"""DescribeInstances with AWS's filters, pages and errors."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from .ec2_instances import LAUNCH_ORDER, OPERATOR, Params, Response

MIN_RESULTS = 5
MAX_RESULTS = 1000
MAX_FILTER_VALUES = 200

Instance = dict
Filters = dict[str, list[str]]

_token_key = secrets.token_bytes(32)

_ATTRIBUTE_FILTERS: dict[str, Callable[[Instance], str]] = {
    "architecture": lambda i: i.get("Architecture", ""),
    "availability-zone": lambda i: i.get("Placement", {}).get("AvailabilityZone", ""),
    "dns-name": lambda i: i.get("PublicDnsName", ""),
    "image-id": lambda i: i["ImageId"],
    "instance-id": lambda i: i["InstanceId"],
    "instance-state-code": lambda i: str(i["State"]["Code"]),
    "instance-state-name": lambda i: i["State"]["Name"],
    "instance-type": lambda i: i["InstanceType"],
    "ip-address": lambda i: i.get("PublicIpAddress", ""),
    "key-name": lambda i: i.get("KeyName", ""),
    "launch-time": lambda i: i["LaunchTime"],
    "operator.managed": lambda i: "true" if OPERATOR in i else "false",
    "operator.principal": lambda i: i.get(OPERATOR, ""),
    "owner-id": lambda i: get_account_id(),
    "private-dns-name": lambda i: i.get("PrivateDnsName", ""),
    "private-ip-address": lambda i: i.get("PrivateIpAddress", ""),
    "root-device-type": lambda i: i.get("RootDeviceType", ""),
    "subnet-id": lambda i: i["SubnetId"],
    "tenancy": lambda i: i.get("Placement", {}).get("Tenancy", ""),
    "vpc-id": lambda i: i["VpcId"],
}
_TAG_FILTERS = ("tag-key", "tag-value")


class _Invalid(Exception):
    """A request that AWS rejects with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def install() -> None:
    """Replace MiniStack's DescribeInstances."""
    ec2._ACTION_MAP["DescribeInstances"] = _describe_instances


def _describe_instances(params: Params) -> Response:
    ec2._cleanup_terminated()
    try:
        ids = ec2._parse_member_list(params, "InstanceId")
        filters = _filters(params)
        limit = _limit(params, ids)
        after = _decode_token(ec2._p(params, "NextToken"))
        candidates = _visible(params, _named(ids) if ids else _candidates(filters))
    except _Invalid as invalid:
        return ec2._error(invalid.code, ec2._esc(invalid.message), 400)

    found = sorted((i for i in candidates if _position(i) > after and _matches(i, filters)), key=_position)
    page, more = found[:limit], len(found) > limit
    owner = get_account_id()
    items = "".join(
        f"<item><reservationId>r-{instance['InstanceId'][2:]}</reservationId><ownerId>{owner}</ownerId>"
        f"<groupSet/><instancesSet>{_instance_xml(instance)}</instancesSet></item>"
        for instance in page
    )
    token = f"<nextToken>{_encode_token(_position(page[-1]))}</nextToken>" if more else ""
    return ec2._xml(200, "DescribeInstancesResponse", f"<reservationSet>{items}</reservationSet>{token}")


def _visible(params: Params, instances: list[Instance]) -> list[Instance]:
    """Instances that AWS services manage are hidden unless requested."""
    if ec2._p(params, "IncludeManagedResources") == "true":
        return instances
    return [instance for instance in instances if OPERATOR not in instance]


def _instance_xml(instance: Instance) -> str:
    principal = instance.get(OPERATOR)
    operator = (
        f"<operator><managed>true</managed><principal>{ec2._esc(principal)}</principal>"
        "<hiddenByDefault>true</hiddenByDefault></operator>"
        if principal
        else "<operator><managed>false</managed></operator>"
    )
    head, item, tail = ec2._instance_xml(instance).rpartition("</item>")
    return f"{head}{operator}{item}{tail}"


def _position(instance: Instance) -> int:
    """The launch order, which does not change when instances come or go between two pages."""
    return instance.get(LAUNCH_ORDER, 0)


def _named(ids: list[str]) -> list[Instance]:
    for instance_id in ids:
        if not ec2._INSTANCE_ID_RE.match(instance_id):
            raise _Invalid("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')
    missing = [instance_id for instance_id in ids if instance_id not in ec2._instances]
    if len(missing) == 1:
        raise _Invalid("InvalidInstanceID.NotFound", f"The instance ID '{missing[0]}' does not exist")
    if missing:
        raise _Invalid("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(missing)}' do not exist")
    return [ec2._instances[instance_id] for instance_id in dict.fromkeys(ids)]


def _candidates(filters: Filters) -> list[Instance]:
    wanted = filters.get("instance-id", [])
    if not wanted or any(_is_pattern(value) for value in wanted):
        return list(ec2._instances.values())
    return [ec2._instances[i] for i in dict.fromkeys(wanted) if i in ec2._instances]


def _filters(params: Params) -> Filters:
    filters: Filters = ec2._parse_filters(params)
    for name in filters:
        if name not in _ATTRIBUTE_FILTERS and name not in _TAG_FILTERS and not name.startswith("tag:"):
            raise _Invalid("InvalidParameterValue", f"The filter '{name}' is invalid")
    if sum(len(values) for values in filters.values()) > MAX_FILTER_VALUES:
        raise _Invalid(
            "FilterLimitExceeded",
            f"The maximum number of filter values specified on a single call is {MAX_FILTER_VALUES}",
        )
    return filters


def _matches(instance: Instance, filters: Filters) -> bool:
    if not ec2._resource_matches_tag_filters(instance["InstanceId"], filters):
        return False
    return all(
        any(_value_matches(value, attribute(instance)) for value in filters[name])
        for name, attribute in _ATTRIBUTE_FILTERS.items()
        if name in filters
    )


def _is_pattern(value: str) -> bool:
    return "*" in value or "?" in value


def _value_matches(wanted: str, actual: str) -> bool:
    return fnmatch.fnmatchcase(actual, wanted.replace("[", "[[]")) if _is_pattern(wanted) else wanted == actual


def _limit(params: Params, ids: list[str]) -> int:
    given = ec2._p(params, "MaxResults")
    if not given:
        return MAX_RESULTS
    if ids:
        raise _Invalid(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    try:
        limit = int(given)
    except ValueError:
        raise _Invalid(
            "InvalidParameterValue", f"Invalid value '{given}' for maxResults. It must be an integer"
        ) from None
    if limit < MIN_RESULTS:
        expected = f"greater than {MIN_RESULTS}"
    elif limit > MAX_RESULTS:
        expected = f"less than {MAX_RESULTS}"
    else:
        return limit
    raise _Invalid(
        "InvalidParameterValue",
        f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value {expected}.",
    )


def _signature(payload: bytes) -> bytes:
    return hmac.digest(_token_key, payload, hashlib.sha256)[:16]


def _encode_token(position: int) -> str:
    payload = json.dumps([get_account_id(), get_region(), position]).encode()
    return base64.urlsafe_b64encode(_signature(payload) + payload).decode()


def _decode_token(token: str) -> int:
    if not token:
        return -1
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        signature, payload = raw[:16], raw[16:]
        if hmac.compare_digest(signature, _signature(payload)):
            account, region, position = json.loads(payload)
            if (account, region) == (get_account_id(), get_region()):
                return position
    except (binascii.Error, ValueError):
        pass
    raise _Invalid(
        "InvalidParameterValue", f"Value ( {token} ) for parameter NextToken is invalid. The token is invalid."
    )
