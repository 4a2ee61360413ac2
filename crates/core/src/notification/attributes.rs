//! What subscriptions can filter messages by.

use crate::instance::AccountId;
use crate::policy::document::Severity;
use crate::text::{Untrusted, can_be_attribute};

/// The attributes of a message to the alert topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes<'a> {
    pub account: &'a AccountId,
    pub region: &'a str,
    /// The owner whose message it is; none if it is about several owners, or about none.
    pub owner: Option<Untrusted<'a>>,
    /// The key of `owners` that its owners match.
    pub owner_pattern: Option<&'a str>,
    /// How bad the worst violation is, where the policy says so.
    pub severity: Option<Severity>,
    /// What has happened to violations; empty if the message is about something else.
    pub changes: Vec<&'static str>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Text(&'a str),
    /// A filter matches if it matches one of them.
    List(&'a [&'static str]),
}

impl Attributes<'_> {
    /// The names and values of those that there are. An owner that SNS would refuse is left out.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let owner = self.owner.map(Untrusted::raw);
        let owner = owner.filter(|owner| can_be_attribute(owner));
        let texts = [
            ("account", Some(self.account.as_str())),
            ("region", Some(self.region)),
            ("owner", owner),
            ("owner_pattern", self.owner_pattern),
            ("severity", self.severity.map(Severity::as_str)),
        ];
        let texts = texts.into_iter();
        let texts = texts.filter_map(|(name, text)| Some((name, Value::Text(text?))));
        let changes = Some(self.changes.as_slice()).filter(|changes| !changes.is_empty());
        texts.chain(changes.map(|changes| ("change", Value::List(changes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_has_a_name_and_sns_takes_its_value() {
        let account: AccountId = "123456789012".parse().unwrap();
        let named = |owner| {
            let attributes = Attributes {
                account: &account,
                region: "us-east-1",
                owner: Some(Untrusted::new(owner)),
                owner_pattern: None,
                severity: Some(Severity::High),
                changes: vec!["opened"],
            };
            let names = attributes.iter().map(|(name, _)| name);
            names.collect::<Vec<_>>()
        };
        let all = ["account", "region", "owner", "severity", "change"];
        assert_eq!(named("web"), all);
        let rest = ["account", "region", "severity", "change"];
        assert_eq!(named("we\u{1}b"), rest, "SNS would refuse the message");
    }
}
