//! Instances, accounts, regions and zones that do not exist.

use super::super::TagPolicy;
use super::super::condition::{Attribute, Test};
use super::super::names::Name;
use super::super::places::{EXAMPLE_ACCOUNTS, KNOWN_REGIONS, of_zone};
use super::PolicyWarning;
use super::parts::{checked, in_tests};
use crate::json::Path;
use crate::spelling;
use crate::text::Quoted;

pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    in_tests(policy, in_test)
}

fn in_test(path: &Path, test: &Test) -> Vec<PolicyWarning> {
    match test {
        Test::Account(accounts) => checked(path, "accounts", accounts, |it| account(it.as_ref())),
        Test::InstanceId(ids) => checked(path, "instance_ids", ids, |id| instance(id.as_str())),
        Test::Region(regions) => checked(path, "regions", regions, |it| region(it.as_ref())),
        Test::Named(Attribute::AvailabilityZone, zones) => {
            checked(path, Attribute::AvailabilityZone.field(), zones, zone)
        }
        _ => Vec::new(),
    }
}

fn instance(id: &str) -> Option<String> {
    let written = id.to_lowercase();
    (written != id).then(|| format!("no instance has the id {id}; write {written}"))
}

fn account(account: &str) -> Option<String> {
    let is_example = EXAMPLE_ACCOUNTS.contains(&account);
    is_example.then(|| format!("{account} is an example, not a real account; write your own"))
}

fn region(region: &str) -> Option<String> {
    (!KNOWN_REGIONS.contains(&region)).then(|| {
        let advice = meant(region).map_or_else(
            || "check its spelling".to_owned(),
            |meant| format!("did you mean {meant}?"),
        );
        format!(
            "{} is not a region that this version knows; {advice}",
            Quoted(region)
        )
    })
}

fn zone(zone: &Name) -> Option<String> {
    let text = zone.as_ref();
    let begin = text.split(['*', '?']).next().unwrap_or(text);
    let is_possible = of_zone(begin).is_some()
        || zone.is_pattern() && KNOWN_REGIONS.iter().any(|region| region.starts_with(begin));
    if is_possible {
        None
    } else if KNOWN_REGIONS.contains(&text) {
        Some(format!(
            "{text} is a region, not a zone; write regions, or {text}* for its zones"
        ))
    } else {
        let region = begin.trim_end_matches(|last: char| last.is_ascii_lowercase());
        let advice = meant(region).map_or_else(
            || "a zone looks like us-east-1a".to_owned(),
            |meant| format!("did you mean one of {meant}?"),
        );
        Some(format!(
            "{} is in no region that this version knows; {advice}",
            Quoted(text)
        ))
    }
}

fn meant(region: &str) -> Option<&'static str> {
    spelling::nearest(region, KNOWN_REGIONS.into_iter())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::policy;

    fn found(when: &serde_json::Value) -> Vec<String> {
        let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": when}]}));
        let found = of(&policy);
        let place = "required_tags[0] (\"Owner\").when.";
        let found = found.iter().map(|it| it.to_string().replace(place, ""));
        found.collect()
    }

    #[test]
    fn regions_and_zones_that_do_not_exist_are_pointed_out_with_the_one_that_is_meant() {
        let when = json!({
            "regions": ["eu-wst-1", "eu-west-1", "xx-nowhere-1", "us-gov-west-1"],
            "availability_zones": [
                "us-est-1a", "us-east-1a", "us-west-2-lax-1a", "eu-*", "eu-west-1*", "eu-wst-1?", "*",
                "us-east-1", "use1-az1",
            ],
        });
        insta::assert_snapshot!(found(&when).join("\n"));
    }

    #[test]
    fn accounts_of_examples_and_ids_in_upper_case_are_pointed_out_at_whatever_depth() {
        let when = json!({
            "any": [{"accounts": ["111111111111", "123456789012"]}, {"instance_ids": ["i-0123ABCD"]}],
            "not": {"accounts": ["000000000000"]},
        });
        assert_eq!(
            found(&when),
            [
                "any[0].accounts[1]: 123456789012 is an example, not a real account; write your own",
                "any[1].instance_ids[0]: no instance has the id i-0123ABCD; write i-0123abcd",
                "not.accounts[0]: 000000000000 is an example, not a real account; write your own",
            ]
        );
    }
}
