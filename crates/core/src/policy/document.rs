//! The document in which a policy is written: Terraform's variable `tag_policy` and the JSON of
//! `TAG_POLICY` have the same names. `super::reading` reads it; nothing in here is checked yet,
//! `super::validation` does.

use std::str::FromStr;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use super::limits::{
    MAX_EXEMPTIONS, MAX_KEY_CHARS, MAX_OWNER_CHARS, MAX_PATTERN_CHARS, MAX_SCOPE_CONDITIONS,
    MAX_TAGS, MAX_TEXT_CHARS, MAX_VALUE_CHARS,
};
use crate::expected::Expected;

/// Which tags EC2 instances must have, and which they must not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Tag policy", extend("anyOf" = at_least_one_rule())))]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Where editors find the schema of this document. It means nothing to the policy.
    #[serde(rename = "$schema", default, skip_serializing)]
    pub schema: Option<String>,
    /// The tags that instances must have, in the order in which records and alerts name them.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TAGS)))]
    pub required_tags: Vec<RequiredTag>,
    /// The tags that instances must not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TAGS)))]
    pub forbidden_tags: Vec<ForbiddenTag>,
    /// Which instances the policy is for; all of them where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Which violations are accepted for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_EXEMPTIONS)))]
    pub exemptions: Vec<Exemption>,
    /// The key of the tag that says whose an instance is, by which a sweep's digest groups the
    /// violations; `Owner` where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS)))]
    pub owner_tag: Option<String>,
}

/// One of the two lists of rules must have one.
#[cfg(feature = "schema")]
fn at_least_one_rule() -> serde_json::Value {
    let not_empty =
        |list: &str| serde_json::json!({"required": [list], "properties": {list: {"minItems": 1}}});
    ["required_tags", "forbidden_tags"]
        .map(not_empty)
        .as_slice()
        .into()
}

/// A tag that instances must have, with a value that is not blank and that all of this allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequiredTag {
    /// The tag's key.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS)))]
    pub key: String,
    /// The value must be one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub allowed_values: Option<Vec<String>>,
    /// A regular expression (RE2's syntax) that the whole value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS)))]
    pub pattern: Option<String>,
    /// The value must have at least so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_VALUE_CHARS)))]
    pub min_length: Option<u32>,
    /// The value must have at most so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_VALUE_CHARS)))]
    pub max_length: Option<u32>,
    /// Whether `costcenter` will do for `CostCenter`; it will not where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_key_case: Option<bool>,
    /// Whether `PROD` will do for `prod`, in `allowed_values` and `pattern`; it will not where
    /// this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_value_case: Option<bool>,
    /// What the alert says of this tag: whom to ask, where to look it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS)))]
    pub description: Option<String>,
    /// How bad a violation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The tag is required only where this holds; always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// A tag that instances must not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ForbiddenTag {
    /// The tag's key.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS)))]
    pub key: String,
    /// Whether `TEMP` is forbidden with `temp`; it is not where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_key_case: Option<bool>,
    /// What the alert says of this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS)))]
    pub description: Option<String>,
    /// How bad a violation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The tag is forbidden only where this holds; always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// How bad a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Can wait.
    Low,
    /// Should be mended.
    Medium,
    /// Should be mended soon.
    High,
    /// Should be mended now.
    Critical,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in policies, records and alerts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|severity| severity.as_str() == text)
            .ok_or(UnknownSeverity)
    }
}

impl Expected for Severity {
    const EXPECTED: &'static str = "low, medium, high or critical";
}

/// A text is no severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSeverity;

/// Which instances the policy is for. The others are recorded as out of scope, and neither counted nor alerted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// It is for the instances for which one of these holds; for all where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_SCOPE_CONDITIONS)))]
    pub include: Option<Vec<Condition>>,
    /// It is not for those for which one of these holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_SCOPE_CONDITIONS)))]
    pub exclude: Option<Vec<Condition>>,
}

/// Violations that are accepted for a while. They are recorded, but neither counted nor alerted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Who asked for it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_OWNER_CHARS)))]
    pub owner: String,
    /// Why.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS)))]
    pub reason: String,
    /// The last day (in UTC) on which it counts, as `YYYY-MM-DD`.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date")))]
    pub expires: String,
    /// Which instances are exempt.
    pub when: Condition,
}

/// What must be so of an instance. Every part that is given must hold, and one must be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What must be so of its tags: all of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub tags: Option<Vec<TagCondition>>,
    /// It is one of these instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub instance_ids: Option<Vec<String>>,
    /// It belongs to one of these Auto Scaling groups, by its tag `aws:autoscaling:groupName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub auto_scaling_groups: Option<Vec<String>>,
    /// It is in one of these states: `pending`, `running`, `stopping`, `stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub states: Option<Vec<String>>,
    /// It is owned by one of these AWS accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub accounts: Option<Vec<String>>,
    /// It is in one of these regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub regions: Option<Vec<String>>,
    /// It is managed by one of these AWS services, such as `eks.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub operator: Option<Vec<String>>,
    /// It was launched at least so many hours ago. Starting it again is no launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_age_hours: Option<u32>,
    /// It was launched less than so many hours ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_hours: Option<u32>,
}

/// What must be so of one tag: it is there, or what one of `values`, `pattern` and `absent` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TagCondition {
    /// The tag's key.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS)))]
    pub key: String,
    /// Its value is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub values: Option<Vec<String>>,
    /// Its whole value matches this regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS)))]
    pub pattern: Option<String>,
    /// There is no such tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<bool>,
    /// Whether the case of key and value does not matter; it does where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_case: Option<bool>,
}
