//! What is wrong with an instance, tag by tag, with what the policy says of it.

use serde::Serialize;
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::evaluation::finding::{ForbiddenTag, InvalidTag, Outcome};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::text::Untrusted;

use crate::shown;

/// One tag that violates a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation<'a> {
    /// The instance's own key where it has the tag, else the policy's.
    pub key: Untrusted<'a>,
    pub kind: Kind,
    /// The rejected value. A forbidden tag's may be a secret, and is never shown.
    pub value: Option<Untrusted<'a>>,
    /// Its severity, if the policy sets one.
    pub severity: Option<Severity>,
    /// Why the value is rejected, or which key may be meant; on one line.
    pub hint: Option<String>,
    /// What the policy says of the tag.
    pub description: Option<&'a str>,
    /// All of it on one line, with the key.
    #[serde(skip)]
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Missing,
    Invalid,
    Forbidden,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
        }
    }
}

/// What an evaluation found, in its order.
pub fn of<'a>(evaluation: &Evaluation<'a>) -> Vec<Violation<'a>> {
    let missing = evaluation.missing_tags.iter().map(|&key| {
        let mut misspelled = evaluation.misspelled_tags.iter();
        let meant = misspelled.find(|tag| tag.key == key);
        let rules = rules(evaluation, |rule| {
            !rule.is_forbidding() && rule.key.text == key
        });
        missing(key, meant.map(|tag| tag.found), &rules)
    });
    let invalid = evaluation.invalid_tags.iter().map(|tag| {
        let rules = rules(evaluation, |rule| {
            !rule.is_forbidding() && rule.key.text == tag.required
        });
        invalid(tag, &rules)
    });
    let forbidden = evaluation.forbidden_tags.iter().map(|tag| {
        let rules = rules(evaluation, |rule| {
            rule.is_forbidding() && rule.key.names(tag.key.raw())
        });
        forbidden(tag, &rules)
    });
    missing.chain(invalid).chain(forbidden).collect()
}

/// What one rule found; nothing if that is no violation.
pub fn of_outcome<'a>(rule: &'a Rule, outcome: &Outcome<'a>) -> Vec<Violation<'a>> {
    let rules = [rule];
    let mut found = Vec::new();
    if let Outcome::Missing(meant) = outcome {
        found.push(missing(&rule.key.text, *meant, &rules));
    }
    if let Outcome::Invalid(tag) = outcome {
        found.push(invalid(tag, &rules));
    }
    if let Outcome::Forbidden(tags) = outcome {
        found.extend(tags.iter().map(|tag| forbidden(tag, &rules)));
    }
    found
}

fn missing<'a>(key: &'a str, meant: Option<Untrusted<'a>>, rules: &[&'a Rule]) -> Violation<'a> {
    Violation {
        hint: meant.map(shown::did_you_mean),
        text: shown::missing(key, meant),
        ..violation(Untrusted::new(key), Kind::Missing, rules)
    }
}

fn invalid<'a>(tag: &InvalidTag<'a>, rules: &[&'a Rule]) -> Violation<'a> {
    let text = tag.to_string();
    let key = format!("{}: ", tag.key.one_line());
    Violation {
        value: Some(tag.value),
        hint: text.strip_prefix(&key).map(str::to_owned),
        text,
        ..violation(tag.key, Kind::Invalid, rules)
    }
}

fn forbidden<'a>(tag: &ForbiddenTag<'a>, rules: &[&'a Rule]) -> Violation<'a> {
    Violation {
        text: format!("{}: forbidden", tag.key.one_line()),
        ..violation(tag.key, Kind::Forbidden, rules)
    }
}

/// The violated rules about a tag.
fn rules<'a>(evaluation: &Evaluation<'a>, is_about: impl Fn(&Rule) -> bool) -> Vec<&'a Rule> {
    let rules = evaluation.violated_rules.iter().copied();
    rules.filter(|rule| is_about(rule)).collect()
}

fn violation<'a>(key: Untrusted<'a>, kind: Kind, rules: &[&'a Rule]) -> Violation<'a> {
    Violation {
        key,
        kind,
        value: None,
        severity: rules.iter().filter_map(|rule| rule.severity).max(),
        hint: None,
        description: rules.iter().find_map(|rule| rule.description.as_deref()),
        text: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tag_compliance_core::testing::{instance, policy, subject, tags};

    use super::*;

    #[test]
    fn each_tag_has_the_severity_and_description_of_its_own_rules() {
        let policy = policy(&json!({
            "required_tags": [
                {"key": "Owner", "severity": "high", "description": "ask\nus"},
                {"key": "Stage", "allowed_values": ["dev"], "severity": "low", "when": {"states": ["running"]}},
                {"key": "Stage", "when": {"regions": ["us-east-1"]}, "pattern": "[a-z]+", "severity": "medium", "description": "lower case"},
            ],
            "forbidden_tags": [{"key": "temp", "ignore_key_case": true}, {"key": "x", "severity": "critical"}],
        }));
        let instance = instance(tags(&[("owner", "a"), ("Stage", "A"), ("TEMP", "secret")]));
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        let violations = serde_json::to_value(of(&evaluation)).unwrap();
        assert_eq!(
            violations,
            json!([
                {"key": "Owner", "kind": "missing", "value": null, "severity": "high",
                 "hint": "did you mean \"owner\"?", "description": "ask\nus"},
                {"key": "Stage", "kind": "invalid", "value": "A", "severity": "medium",
                 "hint": "\"A\" is not one of dev", "description": "lower case"},
                {"key": "TEMP", "kind": "forbidden", "value": null, "severity": null,
                 "hint": null, "description": null},
            ])
        );
        let violations = of(&evaluation);
        assert_eq!(violations[2].text, "TEMP: forbidden");
        assert_eq!(violations[2].kind.as_str(), "forbidden");
    }
}
