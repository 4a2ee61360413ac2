//! What the arguments of `explain` say of an instance by name.

use clap::Args;
use tag_compliance_core::instance::Described;

/// What EC2 says of the instance by name.
#[derive(Debug, Args)]
pub struct Attributes {
    /// The instance's type, such as t3.micro [default: the description's]
    #[arg(long, value_name = "TYPE")]
    instance_type: Option<String>,
    /// The instance's Availability Zone, such as us-east-1a [default: the description's]
    #[arg(long, value_name = "ZONE")]
    availability_zone: Option<String>,
    /// The id of the instance's image [default: the description's]
    #[arg(long, value_name = "ID")]
    image_id: Option<String>,
    /// The name of the instance's profile [default: the description's]
    #[arg(long, value_name = "NAME")]
    instance_profile: Option<String>,
    /// The id of the instance's VPC [default: the description's]
    #[arg(long, value_name = "ID")]
    vpc_id: Option<String>,
    /// The id of the instance's subnet [default: the description's]
    #[arg(long, value_name = "ID")]
    subnet_id: Option<String>,
}

impl Attributes {
    /// What is said of the instance, where these do not say otherwise.
    pub fn over(&self, told: Described) -> Described {
        let or = |given: &Option<String>, told| given.clone().or(told);
        Described {
            instance_type: or(&self.instance_type, told.instance_type),
            availability_zone: or(&self.availability_zone, told.availability_zone),
            image_id: or(&self.image_id, told.image_id),
            instance_profile: or(&self.instance_profile, told.instance_profile),
            vpc_id: or(&self.vpc_id, told.vpc_id),
            subnet_id: or(&self.subnet_id, told.subnet_id),
        }
    }
}
