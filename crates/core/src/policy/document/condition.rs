//! Conditions as they are written.

#[cfg(feature = "schema")]
use std::borrow::Cow;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

#[cfg(feature = "schema")]
use super::super::limits::{MAX_KEY_CHARS, MAX_PATTERN_CHARS, MAX_VALUE_CHARS};
#[cfg(feature = "schema")]
use super::{NOT_BLANK, key_or_pattern};

/// What must be so of an instance. Every part that is given must hold, and one must be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("minProperties" = 1, "allOf" = one_age_each())))]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What must be so of its tags: all of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub tags: Option<Vec<TagCondition>>,
    /// It is one of these instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = "^i-([0-9a-f]{8}|[0-9a-f]{17})$")), extend("uniqueItems" = true)))]
    pub instance_ids: Option<Vec<String>>,
    /// It belongs to one of these Auto Scaling groups, by its tag `aws:autoscaling:groupName`; `*` and
    /// `?` stand for other characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub auto_scaling_groups: Option<Vec<String>>,
    /// It is in one of these states: `pending`, `running`, `stopping`, `stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = "^(pending|running|stopping|stopped)$")), extend("uniqueItems" = true)))]
    pub states: Option<Vec<String>>,
    /// It is owned by one of these AWS accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = "^[0-9]{12}$")), extend("uniqueItems" = true)))]
    pub accounts: Option<Vec<String>>,
    /// It is in one of these regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = "^[a-z]+(-[a-z]+)+-[0-9]+$")), extend("uniqueItems" = true)))]
    pub regions: Option<Vec<String>>,
    /// It is managed by one of these AWS services, such as `eks.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")), extend("uniqueItems" = true)))]
    pub operator: Option<Vec<String>>,
    /// It is of one of these types; `*` and `?` stand for other characters, as in `t3.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub instance_types: Option<Vec<String>>,
    /// It is in one of these Availability Zones; `*` and `?` stand for other characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub availability_zones: Option<Vec<String>>,
    /// It was launched from one of these images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub image_ids: Option<Vec<String>>,
    /// It has one of these instance profiles, by name; `*` and `?` stand for other characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub instance_profiles: Option<Vec<String>>,
    /// It is in one of these VPCs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub vpc_ids: Option<Vec<String>>,
    /// It is in one of these subnets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub subnet_ids: Option<Vec<String>>,
    /// It was launched at least so many minutes ago. Starting it again is no launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub min_age_minutes: Option<u32>,
    /// It was launched less than so many minutes ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub max_age_minutes: Option<u32>,
    /// It was launched at least so many hours ago. Starting it again is no launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub min_age_hours: Option<u32>,
    /// It was launched less than so many hours ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub max_age_hours: Option<u32>,
    /// One of these holds. They have no `any` and no `not` of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<InnerCondition>>", length(min = 1), extend("uniqueItems" = true)))]
    pub any: Option<Vec<Condition>>,
    /// This does not hold. It has no `any` and no `not` of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<InnerCondition>"))]
    pub not: Option<Box<Condition>>,
}

/// A condition within another, as the schema describes it.
#[cfg(feature = "schema")]
struct InnerCondition;

#[cfg(feature = "schema")]
impl JsonSchema for InnerCondition {
    fn schema_name() -> Cow<'static, str> {
        "InnerCondition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Condition::json_schema(generator);
        for name in ["any", "not"] {
            let properties = schema.get_mut("properties");
            let properties = properties.and_then(serde_json::Value::as_object_mut);
            drop(properties.and_then(|properties| properties.remove(name)));
        }
        schema
    }
}

/// What must be so of one tag: it is there, or what one of `values`, `pattern` and `absent` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("oneOf" = key_or_pattern())))]
#[serde(deny_unknown_fields)]
pub struct TagCondition {
    /// The tag's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_KEY_CHARS), regex(pattern = NOT_BLANK)))]
    pub key: Option<String>,
    /// A regular expression (RE2's syntax) that the whole key matches, instead of `key`: one such tag
    /// must be so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS), regex(pattern = NOT_BLANK)))]
    pub key_pattern: Option<String>,
    /// Its value is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(length(min = 1, max = MAX_VALUE_CHARS), regex(pattern = NOT_BLANK)), extend("uniqueItems" = true)))]
    pub values: Option<Vec<String>>,
    /// Its whole value matches this regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_PATTERN_CHARS), regex(pattern = NOT_BLANK)))]
    pub pattern: Option<String>,
    /// There is no such tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<bool>,
    /// Whether the case of key and value does not matter; it does where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_case: Option<bool>,
}

/// An age is in hours or in minutes.
#[cfg(feature = "schema")]
fn one_age_each() -> serde_json::Value {
    let both = |fields: [&str; 2]| {
        let [one, other] = fields;
        let given = serde_json::json!({one: {"type": "integer"}, other: {"type": "integer"}});
        serde_json::json!({"not": {"required": fields, "properties": given}})
    };
    [
        ["min_age_hours", "min_age_minutes"],
        ["max_age_hours", "max_age_minutes"],
    ]
    .map(both)
    .as_slice()
    .into()
}
