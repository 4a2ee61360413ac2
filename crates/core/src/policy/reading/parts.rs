//! The fields of each part of a policy document, in the order of its schema.

use super::super::document::{
    Condition, DateRequirement, Exemption, ForbiddenTag, NumberRequirement, PolicyDocument,
    RequiredTag, Scope, TagCondition,
};
use super::super::faults::{Faults, named};
use super::{Fields, Part};
use crate::json::{Kind, Node, Path};

impl Part for PolicyDocument {
    const EXPECTED: &'static str = r#"an object such as {"required_tags": [{"key": "Owner"}]}"#;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            schema: fields.optional("$schema"),
            required_tags: fields.optional("required_tags"),
            forbidden_tags: fields.optional("forbidden_tags"),
            scope: fields.optional("scope"),
            exemptions: fields.optional("exemptions"),
            owner_tag: fields.optional("owner_tag"),
        })
    }
}

impl Part for RequiredTag {
    const EXPECTED: &'static str = AN_OBJECT_WITH_KEY;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let path = by_key(node, path);
        Fields::read(node, &path, Self::EXPECTED, faults, |fields| Self {
            key: fields.required("key"),
            optional: fields.optional("optional"),
            alternative_keys: fields.optional("alternative_keys"),
            aliases: fields.optional("aliases"),
            allowed_values: fields.optional("allowed_values"),
            forbidden_values: fields.optional("forbidden_values"),
            pattern: fields.optional("pattern"),
            example: fields.optional("example"),
            date: fields.optional("date"),
            number: fields.optional("number"),
            min_length: fields.optional("min_length"),
            max_length: fields.optional("max_length"),
            ignore_key_case: fields.optional("ignore_key_case"),
            ignore_value_case: fields.optional("ignore_value_case"),
            description: fields.optional("description"),
            severity: fields.optional("severity"),
            when: fields.optional("when"),
            enforced_from: fields.optional("enforced_from"),
        })
    }
}

impl Part for ForbiddenTag {
    const EXPECTED: &'static str = AN_OBJECT_WITH_KEY;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let path = by_key(node, path);
        Fields::read(node, &path, Self::EXPECTED, faults, |fields| Self {
            key: fields.optional("key"),
            key_pattern: fields.optional("key_pattern"),
            ignore_key_case: fields.optional("ignore_key_case"),
            description: fields.optional("description"),
            severity: fields.optional("severity"),
            when: fields.optional("when"),
            enforced_from: fields.optional("enforced_from"),
        })
    }
}

impl Part for Scope {
    const EXPECTED: &'static str = "an object with include or exclude";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            include: fields.optional("include"),
            exclude: fields.optional("exclude"),
        })
    }
}

impl Part for Exemption {
    const EXPECTED: &'static str = "an object with owner, reason, expires and when";

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            owner: fields.required("owner"),
            reason: fields.required("reason"),
            expires: fields.required("expires"),
            when: fields.required("when"),
            keys: fields.optional("keys"),
        })
    }
}

impl Part for Condition {
    const EXPECTED: &'static str = r#"an object such as {"states": ["running"]}"#;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            tags: fields.optional("tags"),
            instance_ids: fields.optional("instance_ids"),
            auto_scaling_groups: fields.optional("auto_scaling_groups"),
            states: fields.optional("states"),
            accounts: fields.optional("accounts"),
            regions: fields.optional("regions"),
            operator: fields.optional("operator"),
            instance_types: fields.optional("instance_types"),
            availability_zones: fields.optional("availability_zones"),
            image_ids: fields.optional("image_ids"),
            instance_profiles: fields.optional("instance_profiles"),
            vpc_ids: fields.optional("vpc_ids"),
            subnet_ids: fields.optional("subnet_ids"),
            min_age_minutes: fields.optional("min_age_minutes"),
            max_age_minutes: fields.optional("max_age_minutes"),
            min_age_hours: fields.optional("min_age_hours"),
            max_age_hours: fields.optional("max_age_hours"),
            any: fields.optional("any"),
            not: fields.optional("not"),
        })
    }
}

impl Part for TagCondition {
    const EXPECTED: &'static str = AN_OBJECT_WITH_KEY;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let path = by_key(node, path);
        Fields::read(node, &path, Self::EXPECTED, faults, |fields| Self {
            key: fields.optional("key"),
            key_pattern: fields.optional("key_pattern"),
            values: fields.optional("values"),
            pattern: fields.optional("pattern"),
            absent: fields.optional("absent"),
            ignore_case: fields.optional("ignore_case"),
        })
    }
}

impl Part for DateRequirement {
    const EXPECTED: &'static str = r#"an object such as {"not_past": true}"#;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            not_past: fields.optional("not_past"),
            max_days_ahead: fields.optional("max_days_ahead"),
        })
    }
}

impl Part for NumberRequirement {
    const EXPECTED: &'static str = r#"an object such as {"min": 1, "max": 9}"#;

    fn read(node: &Node, path: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        Fields::read(node, path, Self::EXPECTED, faults, |fields| Self {
            min: fields.optional("min"),
            max: fields.optional("max"),
        })
    }
}

const AN_OBJECT_WITH_KEY: &str = r#"an object such as {"key": "Owner"}"#;

/// A rule's path, with its key if that could be read.
fn by_key(node: &Node, path: &Path) -> Path {
    let Kind::Object(entries) = &node.kind else {
        return path.clone();
    };
    let mut entries = entries.iter();
    let key = entries.find(|entry| entry.key == "key" || entry.key == "key_pattern");
    match key.map(|entry| &entry.value.kind) {
        Some(Kind::String(key)) => named(path, key),
        _ => path.clone(),
    }
}
