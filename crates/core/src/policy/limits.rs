//! The limits of a policy: what its schema, its errors and Terraform's checks say.
//!
//! Terraform reads the same numbers from `limits.json` of its module `tag-policy`; a test holds both
//! together.

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
