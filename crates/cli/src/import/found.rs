//! What a file contains.

use serde_json::Value;

use super::ImportError;
use super::config_rule::Rule;
use super::organizations::TagPolicy;
use super::place::Place;

/// What a file contains.
#[derive(Debug)]
pub(super) enum Found {
    /// A tag policy of AWS Organizations.
    TagPolicy(TagPolicy),
    /// `required-tags` rules of AWS Config.
    Rules(Vec<Rule>),
}

impl Found {
    /// The content of a file's resources: one tag policy, or rules.
    pub fn of(
        place: &Place,
        resources: &Value,
        mut policies: Vec<TagPolicy>,
        rules: Vec<Rule>,
    ) -> Result<Self, ImportError> {
        match (policies.len(), rules.is_empty()) {
            (1, true) => Ok(Self::TagPolicy(policies.remove(0))),
            (0, false) => Ok(Self::Rules(rules)),
            (0, true) => {
                let expected =
                    "a rule required-tags of AWS Config or a tag policy of AWS Organizations";
                Err(place.expected(expected, resources))
            }
            (_, true) => {
                let policies: Vec<_> = policies.iter().map(|it| it.place.to_string()).collect();
                let expected = "one tag policy, since resources do not say which is the parent of \
                    which: put each into a file of its own";
                Err(place.expected(expected, &policies.into()))
            }
            (_, false) => {
                let expected = "rules of AWS Config or a tag policy of AWS Organizations, not both";
                Err(place.expected(expected, resources))
            }
        }
    }
}
