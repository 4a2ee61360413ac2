//! The regions that there are, and accounts that are none.
//!
//! Terraform reads the same lists from `places.json` of its module `tag-policy`; a test holds both together.

/// The regions of all partitions when this version was released (botocore's `partitions.json`), without
/// those that nobody can use yet.
pub(super) const KNOWN_REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// What stands for an account in examples: zeros, and those of AWS's documentation.
pub(super) const EXAMPLE_ACCOUNTS: [&str; 3] = ["000000000000", "111122223333", "123456789012"];

/// The region of a zone (`us-east-1a`, `us-west-2-lax-1a`), where it is a known one.
pub(super) fn of_zone(zone: &str) -> Option<&'static str> {
    KNOWN_REGIONS.into_iter().find(|region| {
        let rest = zone.strip_prefix(region);
        rest.is_some_and(|rest| {
            rest.starts_with(|first: char| first == '-' || first.is_ascii_lowercase())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::RegionName;

    #[test]
    fn terraform_knows_the_same_places() {
        let text = include_str!("../../../../terraform/modules/tag-policy/places.json");
        let places: serde_json::Value = serde_json::from_str(text).unwrap();
        let ours = serde_json::json!({
            "example_accounts": EXAMPLE_ACCOUNTS,
            "regions": KNOWN_REGIONS.as_slice(),
        });
        assert_eq!(places, ours);
        for region in KNOWN_REGIONS {
            assert!(region.parse::<RegionName>().is_ok(), "{region}");
        }
    }

    #[test]
    fn a_zone_begins_with_its_region() {
        for (zone, region) in [
            ("us-east-1a", Some("us-east-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-east-1-wl1-bos-wlz-1", Some("us-east-1")),
            ("us-gov-west-1b", Some("us-gov-west-1")),
            ("us-east-1", None),
            ("us-east-12a", None),
            ("us-est-1a", None),
            ("use1-az1", None),
        ] {
            assert_eq!(of_zone(zone), region, "{zone}");
        }
    }
}
