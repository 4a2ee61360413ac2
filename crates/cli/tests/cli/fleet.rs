//! A fleet of a dozen instances in two regions, a small one in a third, whose age is always the same, and in
//! a fourth an Auto Scaling group whose instances differ.

use std::time::{Duration, SystemTime};

use tag_compliance_core::timestamp::Timestamp;

use crate::support::HOSTILE;

pub struct Described {
    region: &'static str,
    /// The last digits of its id.
    pub id: &'static str,
    pub state: &'static str,
    /// A day, or a number of days ago.
    launched: &'static str,
    tags: &'static str,
}

impl Described {
    /// By its id: three types, and for the last of a region, none.
    pub fn instance_type(&self) -> Option<&'static str> {
        match self.id.as_bytes().last() {
            Some(b'7') => None,
            Some(b'4') => Some("m5.xlarge"),
            Some(b'2') => Some("t3.large"),
            _ => Some("t3.micro"),
        }
    }

    /// The first zone of its region.
    pub fn availability_zone(&self) -> String {
        format!("{}a", self.region)
    }

    pub fn launched_at(&self) -> String {
        match self.launched.strip_suffix(" days ago") {
            None => format!("{}T08:00:00.000Z", self.launched),
            Some(days) => {
                // A minute more, so that it keeps this age for a day.
                let age = Duration::from_hours(24 * days.parse::<u64>().unwrap())
                    + Duration::from_mins(1);
                Timestamp::from(SystemTime::now()).before(age).to_string()
            }
        }
    }

    pub fn tags(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let tags = self.tags.split_whitespace();
        tags.map(|tag| match tag.split_once('=').unwrap() {
            (key, "HOSTILE") => (key, HOSTILE),
            tag => tag,
        })
    }
}

pub fn fleet(region: &str) -> Vec<Described> {
    let fleet = FLEET.map(|(region, id, state, launched, tags)| Described {
        region,
        id,
        state,
        launched,
        tags,
    });
    fleet.into_iter().filter(|it| it.region == region).collect()
}

type Line = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const FLEET: [Line; 19] = [
    ("us-east-1", "01", "running", "2025-06-01", "Name=shop-web-1 Environment=prod Owner=web CostCenter=4711"),
    ("us-east-1", "02", "running", "2025-06-01", "Name=shop-web-2 Environment=prod Owner=web costcenter=4711"),
    ("us-east-1", "03", "stopped", "2023-02-11", "Name=old-import Application=shop owner=web aws:ec2launchtemplate:id=lt-1 aws:ec2launchtemplate:version=3"),
    ("us-east-1", "04", "running", "2024-11-20", "Name=reporting Environment=production Owner=data temp=yes aws:autoscaling:groupName=reporting"),
    ("us-east-1", "05", "running", "2022-01-05", "Name=warehouse Application=legacy Environment=prod Owner=data"),
    ("us-east-1", "06", "running", "2025-10-01", "Name=node-1 aws:eks:cluster-name=main"),
    ("us-east-1", "07", "running", "2025-11-30", ""),
    ("eu-central-1", "11", "running", "2025-03-01", "Name=mail Environment=dev Owner=platform"),
    ("eu-central-1", "12", "stopped", "2025-03-01", "Name=mail-old Environment=prod Owner=platform CostCenter=12a"),
    ("eu-central-1", "13", "running", "2025-11-02", "Name=build-agent Environment=dev Owner="),
    ("eu-central-1", "14", "running", "2025-08-19", "Name=HOSTILE Environment=HOSTILE Owner=HOSTILE temp=1"),
    ("eu-west-1", "21", "running", "41 days ago", "Name=shop-web-1 Environment=prod Owner=web"),
    ("eu-west-1", "22", "running", "41 days ago", "Name=shop-web-2 Environment=prod owner=web aws:ec2launchtemplate:id=lt-0123456789abcdef0 aws:ec2launchtemplate:version=3"),
    ("eu-west-1", "23", "running", "7 days ago", "Name=reporting Environment=production Owner=data aws:autoscaling:groupName=reporting"),
    ("eu-west-1", "24", "stopped", "400 days ago", "Name=old-import"),
    ("eu-west-1", "25", "running", "2 days ago", "Name=build-agent Environment=dev Owner=platform"),
    ("ap-south-1", "31", "running", "2025-01-01", "owner=web Team=a aws:autoscaling:groupName=web"),
    ("ap-south-1", "32", "running", "2025-01-02", "OWNER=data team=b aws:autoscaling:groupName=web"),
    ("ap-south-1", "33", "running", "2025-01-03", "Owner=ops Team=a Stage=dev aws:autoscaling:groupName=other"),
];
