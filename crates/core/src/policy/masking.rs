//! Masking the values of forbidden tags.

use serde::{Serialize, Serializer};

use super::TagPolicy;
use super::reserved::is_of_aws;
use super::rule::Rule;
use crate::instance::{TagValue, Tags};
use crate::text::Untrusted;

/// What is shown in place of a masked value.
pub const MASK: &str = "********";

/// An instance's tags as they may be shown: a forbidden tag may hold a password, so its value is
/// masked, whether or not the rule is for the instance.
#[derive(Debug, Clone, Copy)]
pub struct ShownTags<'a> {
    policy: &'a TagPolicy,
    tags: &'a Tags,
}

impl TagPolicy {
    /// Whether the value of this tag is masked wherever it would be shown: it is forbidden, or its key is that of a
    /// forbidden tag in another case, and nothing else in the policy is about it. No tag of AWS holds a secret.
    #[must_use]
    pub fn masks(&self, tag_key: &str) -> bool {
        let mut forbidding = self.rules.iter().filter(|rule| rule.is_forbidding());
        let mut others = self.rules.iter().filter(|rule| !rule.is_forbidding());
        let is_shown = tag_key == self.owner_tag || others.any(|rule| rule.is_about(tag_key));
        let is_secret = |rule: &Rule| {
            rule.key.names(tag_key) || !is_shown && rule.is_about_in_any_case(tag_key)
        };
        !is_of_aws(tag_key) && forbidding.any(is_secret)
    }

    /// A tag's value as it may be shown.
    #[must_use]
    pub fn shown_value<'a>(&self, tag_key: &str, value: TagValue<'a>) -> Untrusted<'a> {
        if self.masks(tag_key) {
            Untrusted::new(MASK)
        } else {
            Untrusted::new(value.raw())
        }
    }

    /// The value of a tag, if the tag is present and its value need not be masked.
    #[must_use]
    pub fn unmasked<'a>(&self, tag_key: &str, tags: &'a Tags) -> Option<Untrusted<'a>> {
        let value = tags.get(tag_key).filter(|_| !self.masks(tag_key));
        value.map(|value| Untrusted::new(value.raw()))
    }

    /// The tags as they may be shown.
    #[must_use]
    pub fn shown<'a>(&'a self, tags: &'a Tags) -> ShownTags<'a> {
        ShownTags { policy: self, tags }
    }
}

impl<'a> ShownTags<'a> {
    /// The tags by key.
    pub fn iter(self) -> impl Iterator<Item = (Untrusted<'a>, Untrusted<'a>)> {
        let tags = self.tags.iter();
        tags.map(move |(key, value)| (key, self.policy.shown_value(key.raw(), value)))
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(self, tag_key: &str) -> Option<Untrusted<'a>> {
        let value = self.tags.get(tag_key)?;
        Some(self.policy.shown_value(tag_key, value))
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.tags.is_empty()
    }
}

impl Serialize for ShownTags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{instance, policy, subject, tags};
    use crate::text::Untrusted;

    #[test]
    fn the_value_of_a_forbidden_tag_is_masked_in_whatever_state_or_region() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner"}],
            "forbidden_tags": [
                {"key": "Password", "ignore_key_case": true},
                {"key_pattern": "(?i).*secret.*", "when": {"regions": ["us-east-1"]}},
            ],
        }));
        let tags = tags(&[
            ("Owner", "web"),
            ("PASSWORD", "hunter2"),
            ("api_secret", "hunter3"),
            ("passwords", "none"),
        ]);
        let shown = serde_json::to_value(policy.shown(&tags)).unwrap();
        assert_eq!(
            shown,
            json!({
                "Owner": "web",
                "PASSWORD": "********",
                "api_secret": "********",
                "passwords": "none",
            })
        );
        let shown = policy.shown(&tags);
        assert!(!shown.is_empty());
        for (key, value) in [
            ("Owner", Some("web")),
            ("PASSWORD", Some("********")),
            ("Name", None),
        ] {
            assert_eq!(shown.get(key).map(Untrusted::raw), value, "{key}");
        }
        let unmasked = |key| policy.unmasked(key, &tags).map(Untrusted::raw);
        assert_eq!(
            (unmasked("Owner"), unmasked("PASSWORD")),
            (Some("web"), None)
        );
        assert_eq!(format!("{:?}", tags.get("PASSWORD")), "Some(TagValue(…))");
    }

    #[test]
    fn another_case_of_a_forbidden_key_is_masked_where_nothing_else_is_about_it() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Stage", "alternative_keys": ["Env"]}],
            "forbidden_tags": [
                {"key": "Password"}, {"key": "stage"}, {"key": "env"}, {"key": "owner"},
            ],
        }));
        for (key, is_masked) in [
            ("Password", true),
            ("password", true),
            ("PASSWORD", true),
            ("passwords", false),
            ("stage", true),
            ("STAGE", true),
            ("Stage", false),
            ("env", true),
            ("Env", false),
            ("owner", true),
            ("Owner", false),
        ] {
            assert_eq!(policy.masks(key), is_masked, "{key}");
        }
        let instance = instance(tags(&[("Stage", "prod"), ("password", "hunter2")]));
        let evaluation = policy.evaluate(&subject(&instance));
        assert!(evaluation.is_compliant(), "it is no finding");
    }

    #[test]
    fn the_tags_of_aws_are_neither_forbidden_nor_masked() {
        let policy = policy(&json!({"forbidden_tags": [{"key_pattern": "(?i).*(owner|name).*"}]}));
        let instance = instance(tags(&[
            ("aws:autoscaling:groupName", "web"),
            ("aws:cloudformation:stack-name", "shop"),
        ]));
        assert!(policy.evaluate(&subject(&instance)).is_compliant());
        assert!(!policy.masks("aws:autoscaling:groupName"));
        assert!(policy.masks("aws-name") && policy.masks("eks:nodegroup-name"));
    }
}
