//! The limits of a policy: what its schema, its errors and Terraform's checks say.
//!
//! Terraform reads the same numbers, and the characters that count as blank, from `limits.json` of its
//! module `tag-policy`; tests hold both together.

/// The most tags that a policy requires or forbids: as many as an instance can carry ("Tag
/// restrictions", Amazon EC2 user guide).
pub const MAX_TAGS: usize = 50;
/// The longest key of a tag, in characters (same source).
pub const MAX_KEY_CHARS: usize = 128;
/// The longest value of a tag, in characters (same source).
pub const MAX_VALUE_CHARS: usize = 256;
/// The most exemptions.
pub const MAX_EXEMPTIONS: usize = 500;
/// The most conditions of each list of a scope.
pub const MAX_SCOPE_CONDITIONS: usize = 50;
/// The longest regular expression, in characters.
pub const MAX_PATTERN_CHARS: usize = 512;
/// The most memory of all patterns of a policy together, once they are compiled, in bytes: an eighth of
/// what the function has.
pub const MAX_PATTERN_BYTES: usize = 32 << 20;
/// The longest description or reason, in characters.
pub const MAX_TEXT_CHARS: usize = 500;
/// The longest owner of an exemption, in characters.
pub const MAX_OWNER_CHARS: usize = 128;
/// The most days that a date may be ahead, a hundred years: what is beyond is no limit.
pub const MAX_DAYS_AHEAD: u32 = 36_500;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::pattern::Pattern;
    use crate::text::is_blank;

    fn terraforms() -> Value {
        let text = include_str!("../../../../terraform/modules/tag-policy/limits.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn terraform_has_the_same_limits() {
        let mut limits = terraforms();
        limits.as_object_mut().unwrap().remove("blank");
        assert_eq!(
            limits,
            json!({
                "tags": MAX_TAGS,
                "key_chars": MAX_KEY_CHARS,
                "value_chars": MAX_VALUE_CHARS,
                "exemptions": MAX_EXEMPTIONS,
                "scope_conditions": MAX_SCOPE_CONDITIONS,
                "pattern_chars": MAX_PATTERN_CHARS,
                "text_chars": MAX_TEXT_CHARS,
                "owner_chars": MAX_OWNER_CHARS,
            })
        );
    }

    #[test]
    fn terraform_has_the_same_blank_characters() {
        let class = terraforms()["blank"].as_str().unwrap().to_owned();
        let blank = Pattern::new(&class, false).unwrap();
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert_eq!(blank.matches(&text), is_blank(&text), "{character:?}");
        }
    }
}
