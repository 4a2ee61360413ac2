//! Which tags an instance must have.

pub mod condition;
pub mod document;
mod error;
pub mod exemption;
mod faults;
pub mod limits;
mod masking;
mod names;
pub mod pattern;
mod places;
mod re2;
mod reading;
pub mod reserved;
pub mod rule;
pub mod size;
mod validation;
pub mod value;
mod warnings;

use sha2::{Digest, Sha256};

use self::condition::{Attribute, Condition};
use self::document::PolicyDocument;
use self::exemption::Exemption;
use self::faults::Faults;
use self::rule::Rule;
use crate::instance::Instance;
use crate::json::Node;
use crate::packed::{self, UnpackError};
use crate::text::{Quoted, Untrusted, excerpt, is_blank, trim_blank};
use crate::timestamp::Timestamp;

pub use self::error::{PolicyError, PolicyErrors};
pub use self::masking::{MASK, ShownTags};
pub use self::warnings::PolicyWarning;

/// A tag policy that can be used: its rules, the instances that it is for, and its exemptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPolicy {
    rules: Vec<Rule>,
    include: Option<Vec<Condition>>,
    exclude: Vec<Condition>,
    exemptions: Vec<Exemption>,
    owner_tag: String,
    fingerprint: String,
}

impl TagPolicy {
    /// The most bytes of a document: far more than fits into Lambda's environment, compressed.
    const MAX_DOCUMENT_BYTES: u64 = 1 << 20;

    /// The policy of a document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(document: PolicyDocument) -> Result<Self, PolicyErrors> {
        Self::checked(document, Faults::default())
    }

    /// The policy of a document, of which so much is known to be wrong.
    fn checked(document: PolicyDocument, faults: Faults<'_>) -> Result<Self, PolicyErrors> {
        // Nothing in a document can fail to be written as JSON.
        let canonical = serde_json::to_vec(&document).unwrap_or_default();
        let parts = validation::validate(document, faults)?;
        Ok(Self {
            rules: parts.rules,
            include: parts.include,
            exclude: parts.exclude,
            exemptions: parts.exemptions,
            owner_tag: parts.owner_tag,
            fingerprint: hex::encode(Sha256::digest(canonical)),
        })
    }

    /// Reads a policy document, such as
    /// `{"required_tags":[{"key":"Environment","allowed_values":["dev","prod"]},{"key":"Owner"}]}`.
    ///
    /// # Errors
    /// The text is no JSON, or everything that is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, PolicyErrors> {
        let text =
            Node::parse(text).map_err(|error| PolicyErrors(vec![PolicyError::Syntax(error)]))?;
        Self::from_node(&text)
    }

    /// Reads a policy document that was written in JSON or in what means the same.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_node(text: &Node) -> Result<Self, PolicyErrors> {
        let mut faults = Faults::of(text);
        let document = reading::read(text, &mut faults);
        Self::checked(document, faults)
    }

    /// Reads a policy as a variable of an environment holds it, which has little room: a JSON
    /// document, or one that is gzipped in base64.
    ///
    /// # Errors
    /// The text is neither, or everything that is wrong with the document.
    pub fn from_variable(text: &str) -> Result<Self, PolicyErrors> {
        let text = text.trim();
        if text.starts_with('{') {
            return Self::from_json(text);
        }
        let refused = |expected: String, got: String| {
            PolicyErrors(vec![PolicyError::Variable { expected, got }])
        };
        let no_archive = || {
            let expected = "the JSON of a tag policy, or that gzipped in base64".to_owned();
            refused(expected, Quoted(&excerpt(text, 100)).to_string())
        };
        let json = packed::unpack(text, Self::MAX_DOCUMENT_BYTES).map_err(|error| match error {
            UnpackError::Malformed(_) => no_archive(),
            UnpackError::TooLong(limit) => refused(
                format!("at most {limit} bytes of JSON"),
                "more when unzipped".to_owned(),
            ),
        })?;
        Self::from_json(&String::from_utf8(json).map_err(|_| no_archive())?)
    }

    /// The rules, those for required tags first.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The conditions of the instances that the policy is for; it is for all if there are none.
    #[must_use]
    pub fn include(&self) -> Option<&[Condition]> {
        self.include.as_deref()
    }

    /// The conditions of the instances that the policy is not for.
    #[must_use]
    pub fn exclude(&self) -> &[Condition] {
        &self.exclude
    }

    /// The exemptions, expired or not.
    #[must_use]
    pub fn exemptions(&self) -> &[Exemption] {
        &self.exemptions
    }

    /// Every condition of the scope and of the exemptions.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let exemptions = self.exemptions.iter().map(|exemption| &exemption.when);
        let include = self.include.iter().flatten();
        include.chain(&self.exclude).chain(exemptions)
    }

    /// Whether it names this tag: in a rule, in a condition, or as that of the owner.
    #[must_use]
    pub fn is_about(&self, tag_key: &str) -> bool {
        tag_key == self.owner_tag
            || self.rules.iter().any(|rule| rule.mentions(tag_key))
            || self.conditions().any(|it| it.depends_on(tag_key))
    }

    /// Whether a condition is about this attribute: of a rule, the scope or an exemption.
    #[must_use]
    pub fn depends_on_attribute(&self, attribute: Attribute) -> bool {
        let of_rules = self.rules.iter().filter_map(|rule| rule.when.as_ref());
        let mut conditions = of_rules.chain(self.conditions());
        conditions.any(|condition| condition.is_about(attribute))
    }

    /// The key of the tag that says whose an instance is.
    #[must_use]
    pub fn owner_tag(&self) -> &str {
        &self.owner_tag
    }

    /// The owner of an instance, without the blank characters around it, masked where the tag is forbidden;
    /// none where no tag names one.
    #[must_use]
    pub fn owner_of<'a>(&self, instance: &'a Instance) -> Option<Untrusted<'a>> {
        let owner = instance.tags.get(&self.owner_tag)?;
        let shown = self.shown_value(&self.owner_tag, owner);
        (!is_blank(owner.raw())).then(|| Untrusted::new(trim_blank(shown.raw())))
    }

    /// The exemptions that no longer count.
    pub fn expired_exemptions(&self, now: Timestamp) -> impl Iterator<Item = &Exemption> {
        self.exemptions
            .iter()
            .filter(move |exemption| exemption.has_expired(now))
    }

    /// The SHA-256 of the policy in hexadecimal: tells by which policy an instance was evaluated.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

#[cfg(test)]
mod tests;
