//! Ids, types and services that do not look as AWS's do.

use super::super::TagPolicy;
use super::super::condition::{Attribute, Test};
use super::super::names::Name;
use super::PolicyWarning;
use super::parts::{checked, in_tests};
use crate::json::Path;
use crate::spelling;
use crate::text::Quoted;

/// The ends of service principals ("IAM JSON policy elements: Principal", IAM user guide; China's has an
/// end of its own).
const DOMAINS: [&str; 2] = ["amazonaws.com", "amazonaws.com.cn"];

/// All of a policy's conditions.
pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    in_tests(policy, in_test)
}

fn in_test(path: &Path, test: &Test) -> Vec<PolicyWarning> {
    match test {
        Test::Named(attribute, names) => checked(path, attribute.field(), names, |name| {
            (!name.is_pattern())
                .then(|| unlike_an_attribute(*attribute, name))
                .flatten()
        }),
        Test::Operator(operators) => {
            checked(path, "operator", operators, |it| operator(it.as_ref()))
        }
        _ => Vec::new(),
    }
}

fn unlike_an_attribute(attribute: Attribute, name: &Name) -> Option<String> {
    let name = name.as_ref();
    match attribute {
        Attribute::ImageId => id(name, "image", "ami-"),
        Attribute::VpcId => id(name, "VPC", "vpc-"),
        Attribute::SubnetId => id(name, "subnet", "subnet-"),
        Attribute::InstanceType => (!name.contains('.')).then(|| {
            let name = Quoted(name);
            format!(
                "{name} is no instance type, which has a dot, as m5.large; m5.* is all of a family"
            )
        }),
        Attribute::AutoScalingGroup | Attribute::AvailabilityZone | Attribute::InstanceProfile => {
            None
        }
    }
}

/// Resources have ids of 8 or 17 hexadecimal digits ("Resource IDs", Amazon EC2 user guide).
fn id(id: &str, what: &str, prefix: &str) -> Option<String> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let is_id = id
        .strip_prefix(prefix)
        .is_some_and(|digits| matches!(digits.len(), 8 | 17) && digits.bytes().all(is_digit));
    (!is_id).then(|| {
        let id = Quoted(id);
        format!("no {what} has the id {id}, but one of {prefix} and 8 or 17 digits from 0 to f")
    })
}

fn operator(operator: &str) -> Option<String> {
    // A service principal has a point.
    let (service, domain) = operator.split_once('.').unwrap_or_default();
    let meant = spelling::nearest(domain, DOMAINS.into_iter())?;
    (!DOMAINS.contains(&domain)).then(|| {
        let operator = Quoted(operator);
        format!("{operator} is no service of AWS; did you mean {service}.{meant}?")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    #[test]
    fn what_does_not_look_like_an_id_of_aws_is_pointed_out() {
        let when = json!({
            "image_ids": ["ami-0123abcd", "ami-0123456789abcdef0", "ami-*", "ami-0123ABCD", "0123abcd"],
            "vpc_ids": ["vpc-0123abcd", "vpc-123"],
            "subnet_ids": ["subnet-0123abcd", "subnet-0123abcg"],
            "instance_types": ["m5.large", "m5*", "t?.nano", "m5large"],
            "operator": ["eks.amazonaws.com", "ecs.amazonaws.com.cn", "eks.amazonaw.com", "a.b"],
            "auto_scaling_groups": ["web"],
            "availability_zones": ["us-east-1a"],
            "instance_profiles": ["web"],
            "any": [{"image_ids": ["web"]}, {"states": ["running"]}],
        });
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": when}]}));
        insta::assert_snapshot!(lines(&of(&policy)));
    }
}
