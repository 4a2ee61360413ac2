//! What EC2 says of an instance by name or id.

use super::AUTO_SCALING_GROUP_TAG;
use crate::instance::Instance;

/// An attribute of an instance that has a name or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Its Auto Scaling group.
    AutoScalingGroup,
    /// Its type, such as `t3.micro`.
    InstanceType,
    /// Its Availability Zone, such as `us-east-1a`.
    AvailabilityZone,
    /// The id of the image that it was launched from.
    ImageId,
    /// The name of its instance profile.
    InstanceProfile,
    /// The id of its VPC.
    VpcId,
    /// The id of its subnet.
    SubnetId,
}

impl Attribute {
    /// The words for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::AutoScalingGroup => "Auto Scaling group",
            Self::InstanceType => "instance type",
            Self::AvailabilityZone => "Availability Zone",
            Self::ImageId => "image",
            Self::InstanceProfile => "instance profile",
            Self::VpcId => "VPC",
            Self::SubnetId => "subnet",
        }
    }

    /// The field of a policy's condition that holds its names.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::AutoScalingGroup => "auto_scaling_groups",
            Self::InstanceType => "instance_types",
            Self::AvailabilityZone => "availability_zones",
            Self::ImageId => "image_ids",
            Self::InstanceProfile => "instance_profiles",
            Self::VpcId => "vpc_ids",
            Self::SubnetId => "subnet_ids",
        }
    }

    /// What it is of an instance; none where EC2 did not say.
    #[must_use]
    pub fn of(self, instance: &Instance) -> Option<&str> {
        let described = &instance.described;
        match self {
            Self::AutoScalingGroup => {
                let group = instance.tags.get(AUTO_SCALING_GROUP_TAG)?;
                Some(group.raw())
            }
            Self::InstanceType => described.instance_type.as_deref(),
            Self::AvailabilityZone => described.availability_zone.as_deref(),
            Self::ImageId => described.image_id.as_deref(),
            Self::InstanceProfile => described.instance_profile.as_deref(),
            Self::VpcId => described.vpc_id.as_deref(),
            Self::SubnetId => described.subnet_id.as_deref(),
        }
    }
}
