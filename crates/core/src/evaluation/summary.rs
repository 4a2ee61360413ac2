//! The findings on one line.

use super::Evaluation;
use crate::text::OneLine;

impl Evaluation<'_> {
    /// The findings on one line: the keys by kind, with a hint for each, and without the values.
    #[must_use]
    pub fn summary(&self) -> String {
        let missing = self.missing_tags.iter().map(|key| {
            let mut misspelled = self.misspelled_tags.iter();
            let found = misspelled.find(|tag| tag.key == *key);
            let hint = found.map(|tag| format!("misspelled as {}?", tag.found.one_line()));
            with_hint(OneLine(key), hint)
        });
        let invalid = self.invalid_tags.iter();
        let invalid = invalid.map(|tag| {
            let hint = tag.hint().or_else(|| tag.reason.wanted());
            with_hint(tag.key.one_line(), hint)
        });
        let forbidden = self.forbidden_tags.iter();
        let forbidden = forbidden.map(|tag| tag.key.one_line().to_string());
        let kinds: [(&str, Vec<String>); 3] = [
            ("missing", missing.collect()),
            ("invalid", invalid.collect()),
            ("forbidden", forbidden.collect()),
        ];
        let kinds = kinds.iter().filter(|(_, keys)| !keys.is_empty());
        let kinds: Vec<_> = kinds
            .map(|(kind, keys)| format!("{kind} {}", keys.join(", ")))
            .collect();
        kinds.join("; ")
    }
}

fn with_hint(key: OneLine<'_>, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{key} ({hint})"),
        None => key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{instance, policy, subject, tags};

    #[test]
    fn each_key_has_what_helps_to_fix_it() {
        let policy = policy(&json!({
            "required_tags": [
                {"key": "Owner"},
                {"key": "Project"},
                {"key": "Stage", "allowed_values": ["dev", "prod"]},
                {"key": "Tier", "allowed_values": ["web", "data"]},
                {"key": "Cost", "pattern": "CC-[0-9]+", "example": "CC-1042"},
                {"key": "Mail", "pattern": ".+@acme"},
                {"key": "Team", "max_length": 3},
            ],
            "forbidden_tags": [{"key": "Password"}],
        }));
        let instance = instance(tags(&[
            ("owner", "web"),
            ("Stage", "prd"),
            ("Tier", "queue"),
            ("Cost", "x"),
            ("Mail", "a@acme "),
            ("Team", "core"),
            ("Password", "hunter2"),
        ]));
        assert_eq!(
            policy.evaluate(&subject(&instance)).summary(),
            "missing Owner (misspelled as owner?), Project; \
             invalid Stage (did you mean \"prod\"?), Tier (one of web, data), \
             Cost (such as \"CC-1042\"), Mail (it has a blank at its end), Team; \
             forbidden Password"
        );
    }
}
