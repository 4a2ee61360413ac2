"""The primary network interface of each instance, which MiniStack does not show."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2

Instance = dict[str, Any]

INTERFACE = "_standin_network_interface"


def install() -> None:
    """Attach an interface at every launch, and show it with its instance."""
    ec2._launch_instances_internal = _attaching(ec2._launch_instances_internal)
    ec2._instance_xml = _showing_interface(ec2._instance_xml)


def _attaching(launch: Callable[..., list[Instance]]) -> Callable[..., list[Instance]]:
    def launch_and_attach(*args: Any, **kwargs: Any) -> list[Instance]:
        launched = launch(*args, **kwargs)
        for instance in launched:
            octets = secrets.token_bytes(5)
            instance[INTERFACE] = {
                "id": f"eni-0{secrets.token_hex(8)}",
                "attachment": f"eni-attach-0{secrets.token_hex(8)}",
                # Stored separately from the launch time, which a later start changes.
                "attached_at": instance["LaunchTime"],
                "mac": ":".join(f"{octet:02x}" for octet in (0x02, *octets)),
            }
        return launched

    return launch_and_attach


def _showing_interface(instance_xml: Callable[[Instance], str]) -> Callable[[Instance], str]:
    def instance_with_interface(instance: Instance) -> str:
        body: str = instance_xml(instance)
        # A terminated instance no longer has its interface.
        interface = "" if instance["State"]["Name"] == "terminated" else _interface_xml(instance)
        return f"{body.removesuffix('</item>')}<networkInterfaceSet>{interface}</networkInterfaceSet></item>"

    return instance_with_interface


def _interface_xml(instance: Instance) -> str:
    interface = instance.get(INTERFACE)
    if interface is None:
        return ""
    groups = "".join(
        f"<item><groupId>{group['GroupId']}</groupId><groupName>{ec2._esc(group['GroupName'])}</groupName></item>"
        for group in instance.get("SecurityGroups", [])
    )
    address = (
        f"<privateIpAddress>{instance['PrivateIpAddress']}</privateIpAddress>"
        f"<privateDnsName>{instance['PrivateDnsName']}</privateDnsName>"
    )
    return (
        f"<item><networkInterfaceId>{interface['id']}</networkInterfaceId>"
        f"<subnetId>{instance['SubnetId']}</subnetId><vpcId>{instance['VpcId']}</vpcId><description/>"
        f"<ownerId>{get_account_id()}</ownerId><status>in-use</status><macAddress>{interface['mac']}</macAddress>"
        f"{address}<sourceDestCheck>true</sourceDestCheck><groupSet>{groups}</groupSet>"
        f"<attachment><attachmentId>{interface['attachment']}</attachmentId><deviceIndex>0</deviceIndex>"
        f"<status>attached</status><attachTime>{interface['attached_at']}</attachTime>"
        "<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>"
        f"<privateIpAddressesSet><item>{address}<primary>true</primary></item></privateIpAddressesSet>"
        "<ipv6AddressesSet/><interfaceType>interface</interfaceType></item>"
    )
