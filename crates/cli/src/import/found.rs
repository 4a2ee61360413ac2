//! What a file holds, in whatever form.

use serde_json::Value;

use super::config_rule::{self, Rule};
use super::notes::Notes;
use super::organizations::{self, TagPolicy};
use super::place::Place;
use super::{ImportError, cloudformation, terraform};

/// What a file holds.
#[derive(Debug)]
pub(super) enum Found {
    /// A tag policy of AWS Organizations.
    TagPolicy(TagPolicy),
    /// Rules `required-tags` of AWS Config.
    Rules(Vec<Rule>),
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Organizations,
    Config,
    CloudFormation,
    Terraform,
}

/// The fields in which answers of AWS have what is asked for, and nothing else that is read.
const WRAPPERS: [&str; 5] = [
    "Policy",
    "EffectivePolicy",
    "ConfigRules",
    "ConfigRule",
    "OrganizationConfigRules",
];

/// What becomes of a conformance pack among other resources.
pub(super) const PACK_LEFT_OUT: &str =
    "a conformance pack is left out: import its template as JSON, if it has a rule required-tags";

impl Form {
    const EXPECTED: &str = "a tag policy of AWS Organizations (`tags`, or the output of \
         describe-policy or describe-effective-policy), a rule required-tags of AWS Config (its \
         parameters such as `tag1Key`, the rule, or the output of describe-config-rules or \
         describe-organization-config-rules), a template of AWS CloudFormation as JSON, or the \
         output of terraform show -json";

    /// The form that a field at the top is a sign of.
    fn by_field(name: &str) -> Option<Self> {
        match name {
            "tags" | "Policy" | "EffectivePolicy" => Some(Self::Organizations),
            "ConfigRules"
            | "ConfigRule"
            | "InputParameters"
            | "Source"
            | "OrganizationConfigRules"
            | "OrganizationManagedRuleMetadata" => Some(Self::Config),
            "Resources" | "TemplateBody" => Some(Self::CloudFormation),
            name if config_rule::is_parameter(name) => Some(Self::Config),
            name if terraform::VALUES.contains(&name) => Some(Self::Terraform),
            _ => None,
        }
    }

    /// Tells by the names of the outermost fields who wrote a file.
    fn of(place: &Place, document: &Value) -> Result<Self, ImportError> {
        let fields = place.object(document, Self::EXPECTED)?;
        let signs: Vec<_> = fields
            .keys()
            .filter_map(|name| Self::by_field(name))
            .collect();
        match signs.as_slice() {
            [form] => Ok(*form),
            [Self::Config, others @ ..] if others.iter().all(|form| *form == Self::Config) => {
                Ok(Self::Config)
            }
            _ => Err(place.expected(Self::EXPECTED, document)),
        }
    }
}

impl Found {
    /// What a file holds.
    pub fn read(place: &Place, document: &Value, notes: &mut Notes) -> Result<Self, ImportError> {
        let form = Form::of(place, document)?;
        let wrapper = WRAPPERS.iter().find(|name| document.get(name).is_some());
        if let Some(text) = wrapper.and_then(|wrapper| place.left_out(document, &[wrapper])) {
            notes.other(text);
        }
        match form {
            Form::Organizations => {
                let policy = organizations::answer::read(place, document, notes)?;
                Ok(Self::TagPolicy(policy))
            }
            Form::Config => {
                let rules = config_rule::answer::read(place, document, notes)?;
                Ok(Self::Rules(rules))
            }
            Form::CloudFormation => cloudformation::read(place, document, notes),
            Form::Terraform => terraform::read(place, document, notes),
        }
    }

    /// What is among the resources of a file: one tag policy, or rules.
    pub fn of(
        place: &Place,
        resources: &Value,
        mut policies: Vec<TagPolicy>,
        rules: Vec<Rule>,
    ) -> Result<Self, ImportError> {
        match (policies.len(), rules.is_empty()) {
            (1, true) => Ok(Self::TagPolicy(policies.remove(0))),
            (0, false) => Ok(Self::Rules(rules)),
            (0, true) => {
                let expected =
                    "a rule required-tags of AWS Config or a tag policy of AWS Organizations";
                Err(place.expected(expected, resources))
            }
            (_, true) => {
                let policies: Vec<_> = policies.iter().map(|it| it.place.to_string()).collect();
                let expected = "one tag policy, since resources do not tell which is the parent of \
                    which: put each into a file of its own";
                Err(place.expected(expected, &policies.into()))
            }
            (_, false) => {
                let expected = "rules of AWS Config or a tag policy of AWS Organizations, not both";
                Err(place.expected(expected, resources))
            }
        }
    }
}
