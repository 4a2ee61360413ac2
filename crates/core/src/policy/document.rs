//! The document in which a policy is written: Terraform's variable `tag_policy` and the JSON of
//! `TAG_POLICY` have the same names. `super::reading` reads it; nothing in here is checked yet,
//! `super::validation` does.

mod condition;
mod severity;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

pub use self::condition::{Condition, TagCondition};
pub use self::severity::{Severity, UnknownSeverity};
#[cfg(feature = "schema")]
use super::limits::{
    MAX_DAYS_AHEAD, MAX_EXEMPTIONS, MAX_KEY_CHARS, MAX_OWNER_CHARS, MAX_PATTERN_CHARS,
    MAX_SCOPE_CONDITIONS, MAX_TAGS, MAX_TEXT_CHARS, MAX_VALUE_CHARS,
};

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
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_BLANK)))]
    pub owner_tag: Option<String>,
}

/// A tag that instances must have, with a value that is not blank and that all of this allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequiredTag {
    /// The tag's key.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_OF_AWS)))]
    pub key: String,
    /// Whether the tag may be absent: if it exists, its value is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
    /// Other keys that are accepted: one of the tags is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_OF_AWS)), extend("uniqueItems" = true)))]
    pub alternative_keys: Option<Vec<String>>,
    /// What people write where they mean this key: a tag of such a key is pointed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_OF_AWS)), extend("uniqueItems" = true)))]
    pub aliases: Option<Vec<String>>,
    /// The value must be one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub allowed_values: Option<Vec<String>>,
    /// The value must be none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub forbidden_values: Option<Vec<String>>,
    /// A regular expression (RE2's syntax) that the whole value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS), regex(pattern = NOT_BLANK)))]
    pub pattern: Option<String>,
    /// What a value looks like, shown to people instead of the pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)))]
    pub example: Option<String>,
    /// The value must be a day, as `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<DateRequirement>,
    /// The value must be a number in digits, such as `12` or `0.5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberRequirement>,
    /// The value must have at least so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_VALUE_CHARS)))]
    pub min_length: Option<u32>,
    /// The value must have at most so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_VALUE_CHARS)))]
    pub max_length: Option<u32>,
    /// Whether `costcenter` is accepted for `CostCenter`; it is not if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_key_case: Option<bool>,
    /// Whether `PROD` is accepted for `prod`, in `allowed_values` and `pattern`; it is not if
    /// this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_value_case: Option<bool>,
    /// What alerts say about this tag: whom to ask, where to look it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS), regex(pattern = NOT_BLANK)))]
    pub description: Option<String>,
    /// How bad a violation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The tag is required only where this holds; always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The first day (in UTC) on which a violation counts, as `YYYY-MM-DD`; until then it is only
    /// reported. Always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date")))]
    pub enforced_from: Option<String>,
}

/// Which days a value may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DateRequirement {
    /// Whether it must be today (in UTC) or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_past: Option<bool>,
    /// It must be at most so many days after today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_DAYS_AHEAD)))]
    pub max_days_ahead: Option<u32>,
}

/// Which numbers a value may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NumberRequirement {
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}

/// A tag that instances must not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("oneOf" = key_or_pattern())))]
#[serde(deny_unknown_fields)]
pub struct ForbiddenTag {
    /// The tag's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_OF_AWS)))]
    pub key: Option<String>,
    /// A regular expression (RE2's syntax) that the whole key matches, instead of `key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS), regex(pattern = NOT_BLANK)))]
    pub key_pattern: Option<String>,
    /// Whether `TEMP` is forbidden with `temp`; it is not where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_key_case: Option<bool>,
    /// What alerts say about this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS), regex(pattern = NOT_BLANK)))]
    pub description: Option<String>,
    /// How bad a violation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The tag is forbidden only where this holds; always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The first day (in UTC) on which a violation counts, as `YYYY-MM-DD`; until then it is only
    /// reported. Always where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date")))]
    pub enforced_from: Option<String>,
}

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
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_OWNER_CHARS), regex(pattern = NOT_BLANK)))]
    pub owner: String,
    /// Why.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS), regex(pattern = NOT_BLANK)))]
    pub reason: String,
    /// The last day (in UTC) on which it counts, as `YYYY-MM-DD`.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date")))]
    pub expires: String,
    /// Which instances are exempt.
    pub when: Condition,
    /// The keys of the rules whose violations are accepted; without it those of all required tags.
    /// A forbidden tag is accepted only where its key, or key pattern, is named here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_PATTERN_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub keys: Option<Vec<String>>,
}

/// The keys that people can set, and that are not blank.
#[cfg(feature = "schema")]
const NOT_OF_AWS: &str = r"^(?![aA][wW][sS]:)[\s\S]*\S";

/// Texts that say something.
#[cfg(feature = "schema")]
const NOT_BLANK: &str = r"\S";

/// A tag is named by one of the two.
#[cfg(feature = "schema")]
fn key_or_pattern() -> serde_json::Value {
    let given = |field: &str| serde_json::json!({"required": [field], "properties": {field: {"type": "string"}}});
    ["key", "key_pattern"].map(given).as_slice().into()
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
