"""Fast XML of instances, as DescribeInstances returns it."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
OWNER_ID = "123456789012"

_VOLUMES = "".join(
    f"<item><deviceName>/dev/{device}</deviceName><ebs><volumeId>vol-@id@{number}</volumeId><status>attached</status>"
    f"<attachTime>@attached@</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>"
    for number, device in enumerate(("xvda", "xvdb"))
)

_GROUPS = "".join(
    f"<item><groupId>sg-0f1e2d3c4b5a697{number}0</groupId><groupName>{name}</groupName></item>"
    for number, name in enumerate(("nodes", "monitoring", "ssh-from-bastion"))
)


def _interface(index: int) -> str:
    addresses = "".join(
        f"<item><privateIpAddress>10.0.{index}.{10 + number}</privateIpAddress>"
        f"<privateDnsName>ip-10-0-{index}-{10 + number}.ec2.internal</privateDnsName>"
        f"<primary>{'true' if number == 0 else 'false'}</primary></item>"
        for number in range(8)
    )
    return (
        f"<item><networkInterfaceId>eni-@id@{index}</networkInterfaceId><subnetId>subnet-0123456789abcdef0</subnetId>"
        f"<vpcId>vpc-0123456789abcdef0</vpcId><description>aws-K8S-i-@id@</description><ownerId>{OWNER_ID}</ownerId>"
        f"<status>in-use</status><macAddress>0a:1b:2c:3d:4e:5{index}</macAddress>"
        f"<privateIpAddress>10.0.{index}.10</privateIpAddress><privateDnsName>ip-10-0-{index}-10.ec2.internal"
        f"</privateDnsName><sourceDestCheck>true</sourceDestCheck><groupSet>{_GROUPS}</groupSet><attachment>"
        f"<attachmentId>eni-attach-@id@{index}</attachmentId><deviceIndex>{index}</deviceIndex><status>attached</status>"
        f"<attachTime>{'@attached@' if index == 0 else '@launched@'}</attachTime>"
        f"<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>"
        f"<privateIpAddressesSet>{addresses}</privateIpAddressesSet><ipv6AddressesSet/>"
        f"<interfaceType>interface</interfaceType><operator><managed>false</managed></operator></item>"
    )


_RESERVATION = (
    f"<item><reservationId>r-@id@</reservationId><ownerId>{OWNER_ID}</ownerId><requesterId>043234062703</requesterId>"
    "<groupSet/><instancesSet><item><instanceId>i-@id@</instanceId><imageId>ami-0abcdef1234567890</imageId>"
    "<instanceState><code>@code@</code><name>@state@</name></instanceState>"
    "<privateDnsName>ip-10-0-0-10.ec2.internal</privateDnsName><dnsName/><reason/><keyName>operations</keyName>"
    "<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>m7g.large</instanceType>"
    "<launchTime>@launched@</launchTime><placement><availabilityZone>us-east-1a</availabilityZone><groupName/>"
    "<tenancy>default</tenancy><availabilityZoneId>use1-az4</availabilityZoneId></placement>"
    "<monitoring><state>disabled</state></monitoring><subnetId>subnet-0123456789abcdef0</subnetId>"
    "<vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>10.0.0.10</privateIpAddress>"
    f"<sourceDestCheck>true</sourceDestCheck><groupSet>{_GROUPS}</groupSet><architecture>arm64</architecture>"
    "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>"
    f"<blockDeviceMapping>{_VOLUMES}</blockDeviceMapping><virtualizationType>hvm</virtualizationType>"
    "<clientToken>fleet-@id@</clientToken><tagSet>@tags@</tagSet><hypervisor>xen</hypervisor>"
    f"<networkInterfaceSet>{_interface(0)}{_interface(1)}</networkInterfaceSet><iamInstanceProfile>"
    f"<arn>arn:aws:iam::{OWNER_ID}:instance-profile/nodes</arn><id>AIPAABCDEFGHIJKLMNOPQ</id></iamInstanceProfile>"
    "<ebsOptimized>true</ebsOptimized><enaSupport>true</enaSupport><cpuOptions><coreCount>2</coreCount>"
    "<threadsPerCore>1</threadsPerCore></cpuOptions><capacityReservationSpecification>"
    "<capacityReservationPreference>open</capacityReservationPreference></capacityReservationSpecification>"
    "<hibernationOptions><configured>false</configured></hibernationOptions><enclaveOptions><enabled>false</enabled>"
    "</enclaveOptions><metadataOptions><state>applied</state><httpTokens>required</httpTokens>"
    "<httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>"
    "<httpProtocolIpv6>disabled</httpProtocolIpv6><instanceMetadataTags>disabled</instanceMetadataTags>"
    "</metadataOptions><maintenanceOptions><autoRecovery>default</autoRecovery><rebootMigration>default"
    "</rebootMigration></maintenanceOptions><currentInstanceBootMode>uefi</currentInstanceBootMode>"
    "<platformDetails>Linux/UNIX</platformDetails><usageOperation>RunInstances</usageOperation>"
    "<usageOperationUpdateTime>@attached@</usageOperationUpdateTime><privateDnsNameOptions>"
    "<hostnameType>ip-name</hostnameType><enableResourceNameDnsARecord>false</enableResourceNameDnsARecord>"
    "<enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord></privateDnsNameOptions>"
    "<operator><managed>false</managed></operator></item></instancesSet></item>"
)


class Template:
    """The XML of an instance, cut where something is filled in."""

    def __init__(self, xml: str) -> None:
        parts = re.split("@([a-z]+)@", xml)
        self._texts = [text.encode() for text in parts[::2]]
        order = ("id", "code", "state", "launched", "attached", "tags")
        self._slots = [order.index(name) for name in parts[1::2]]

    def fill(self, pieces: list[bytes], values: tuple[bytes, ...]) -> None:
        """Appends an instance to `pieces`. `values`: id without `i-`, state code, state, launch and attach times, tags."""
        texts = self._texts
        pieces.append(texts[0])
        for position, slot in enumerate(self._slots, 1):
            pieces.append(values[slot])
            pieces.append(texts[position])


# As EC2 writes a node of a Kubernetes cluster: more than 6 KB. And what the function reads of it.
FULL = Template(_RESERVATION)
SMALL = Template(
    f"<item><reservationId>r-@id@</reservationId><ownerId>{OWNER_ID}</ownerId><groupSet/><instancesSet><item>"
    "<instanceId>i-@id@</instanceId><instanceState><code>@code@</code><name>@state@</name></instanceState>"
    "<launchTime>@launched@</launchTime><tagSet>@tags@</tagSet><networkInterfaceSet><item><attachment>"
    "<deviceIndex>0</deviceIndex><attachTime>@attached@</attachTime></attachment></item></networkInterfaceSet>"
    "</item></instancesSet></item>"
)

HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    b"<requestId>8f7724cf-496f-496e-8fe3-example</requestId><reservationSet>"
)
TAIL = b"</DescribeInstancesResponse>"

_ATTRIBUTES = {
    "instance_types": "<instanceType>{}</instanceType>",
    "availability_zones": "<placement><availabilityZone>{}</availabilityZone></placement>",
    "instance_profiles": "<iamInstanceProfile><arn>{}</arn></iamInstanceProfile>",
    "image_ids": "<imageId>{}</imageId>",
    "vpc_ids": "<vpcId>{}</vpcId>",
    "subnet_ids": "<subnetId>{}</subnetId>",
}


def managed_by(end: bytes, principal: str) -> bytes:
    """The end of an instance, with the service that manages it."""
    operator = f"<operator><managed>true</managed><principal>{principal}</principal></operator>".encode()
    end = end.replace(b"<operator><managed>false</managed></operator></item></instancesSet>", b"</item></instancesSet>")
    return end.replace(b"</item></instancesSet>", operator + b"</item></instancesSet>")


def described_by(end: bytes, attributes: dict[str, str]) -> bytes:
    """The end of a small instance, with what else EC2 says of it: by the policy's words, in DescribeInstances' elements."""
    elements = "".join(_ATTRIBUTES[name].format(escape(value)) for name, value in attributes.items())
    return end.replace(b"</item></instancesSet>", f"{elements}</item></instancesSet>".encode())


def tag_set(tags: dict[str, str]) -> bytes:
    """The items of a tag set. Line ends and control characters are written as references."""
    return "".join(f"<item><key>{_text(key)}</key><value>{_text(value)}</value></item>" for key, value in tags.items()).encode()


def _text(text: str) -> str:
    return re.sub("[\x00-\x1f\x7f-\x9f]", lambda match: f"&#x{ord(match[0]):x};", escape(text))
