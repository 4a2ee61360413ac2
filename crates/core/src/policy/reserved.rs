//! The tags that are AWS's.

/// Whether only AWS sets, edits and deletes the tags of this key ("Tag restrictions", Amazon EC2 user guide).
#[must_use]
pub fn is_of_aws(tag_key: &str) -> bool {
    tag_key.starts_with("aws:")
}
