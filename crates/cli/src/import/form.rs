//! The formats of imported files, recognized by the names of their outermost fields.

use serde_json::Value;

use super::found::Found;
use super::notes::Notes;
use super::place::Place;
use super::{ImportError, cloudformation, config_rule, organizations, terraform};

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Organizations,
    Config,
    CloudFormation,
    Terraform,
}

/// Fields of AWS's answers that wrap the content. No other field is read beside one of these.
const WRAPPERS: [&str; 5] = [
    "Policy",
    "EffectivePolicy",
    "ConfigRules",
    "ConfigRule",
    "OrganizationConfigRules",
];

impl Form {
    const EXPECTED: &str = "a tag policy of AWS Organizations (`tags`, or the output of \
         describe-policy or describe-effective-policy), a rule required-tags of AWS Config (its \
         parameters such as `tag1Key`, the rule, or the output of describe-config-rules or \
         describe-organization-config-rules), a template of AWS CloudFormation, or the \
         output of terraform show -json";

    /// The format that has this field at the top.
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

    /// Recognizes a file's format by the names of its outermost fields.
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

/// Reads a file in any of the formats.
pub(super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<Found, ImportError> {
    let form = Form::of(place, document)?;
    let wrapper = WRAPPERS.iter().find(|name| document.get(name).is_some());
    if let Some(text) = wrapper.and_then(|wrapper| place.left_out(document, &[wrapper])) {
        notes.other(text);
    }
    match form {
        Form::Organizations => {
            let policy = organizations::answer::read(place, document, notes)?;
            Ok(Found::TagPolicy(policy))
        }
        Form::Config => {
            let rules = config_rule::answer::read(place, document, notes)?;
            Ok(Found::Rules(rules))
        }
        Form::CloudFormation => cloudformation::read(place, document, notes),
        Form::Terraform => terraform::read(place, document, notes),
    }
}
