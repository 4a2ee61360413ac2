//! Where each format has the fields of a rule: the API of AWS Config and AWS `CloudFormation` (`ConfigRule`,
//! `OrganizationConfigRule` in the API reference), and Terraform (`aws_config_config_rule`,
//! `aws_config_organization_managed_rule` of the AWS provider).

use serde_json::Value;

use super::super::ImportError;
use super::super::place::Place;

/// The path to a value. `0` is the first element of a list.
pub(super) type Steps = &'static [&'static str];

/// Where a format has the fields of a rule. The path of a field that it lacks is empty.
#[derive(Debug)]
pub(in super::super) struct Shape {
    pub(super) name: &'static str,
    pub(super) identifier: Steps,
    pub(super) parameters: Steps,
    pub(super) frequency: Steps,
    pub(super) modes: Steps,
    /// The field within each mode.
    pub(super) mode: &'static str,
    pub(super) resource_types: Steps,
    pub(super) resource_id: Steps,
    pub(super) tag_key: Steps,
    pub(super) tag_value: Steps,
    pub(super) excluded_accounts: Steps,
    /// The fields that are read, by object, and those that don't affect what the rule requires.
    pub(super) known: &'static [(Steps, Steps)],
}

/// A rule of an account.
pub(in super::super) const RULE: Shape = Shape {
    name: "ConfigRuleName",
    identifier: &["Source", "SourceIdentifier"],
    parameters: &["InputParameters"],
    frequency: &["MaximumExecutionFrequency"],
    modes: &["EvaluationModes"],
    mode: "Mode",
    resource_types: &["Scope", "ComplianceResourceTypes"],
    resource_id: &["Scope", "ComplianceResourceId"],
    tag_key: &["Scope", "TagKey"],
    tag_value: &["Scope", "TagValue"],
    excluded_accounts: &[],
    known: &[
        (
            &[],
            &[
                "Compliance",
                "ConfigRuleArn",
                "ConfigRuleId",
                "ConfigRuleName",
                "ConfigRuleState",
                "CreatedBy",
                "Description",
                "EvaluationModes",
                "InputParameters",
                "MaximumExecutionFrequency",
                "Scope",
                "Source",
            ],
        ),
        (
            &["Scope"],
            &[
                "ComplianceResourceId",
                "ComplianceResourceTypes",
                "TagKey",
                "TagValue",
            ],
        ),
    ],
};

/// A rule of an organization.
pub(in super::super) const ORGANIZATION_RULE: Shape = Shape {
    name: "OrganizationConfigRuleName",
    identifier: &["OrganizationManagedRuleMetadata", "RuleIdentifier"],
    parameters: &["OrganizationManagedRuleMetadata", "InputParameters"],
    frequency: &[
        "OrganizationManagedRuleMetadata",
        "MaximumExecutionFrequency",
    ],
    modes: &[],
    mode: "",
    resource_types: &["OrganizationManagedRuleMetadata", "ResourceTypesScope"],
    resource_id: &["OrganizationManagedRuleMetadata", "ResourceIdScope"],
    tag_key: &["OrganizationManagedRuleMetadata", "TagKeyScope"],
    tag_value: &["OrganizationManagedRuleMetadata", "TagValueScope"],
    excluded_accounts: &["ExcludedAccounts"],
    known: &[
        (
            &[],
            &[
                "ExcludedAccounts",
                "LastUpdateTime",
                "OrganizationConfigRuleArn",
                "OrganizationConfigRuleName",
                "OrganizationManagedRuleMetadata",
            ],
        ),
        (
            &["OrganizationManagedRuleMetadata"],
            &[
                "Description",
                "InputParameters",
                "MaximumExecutionFrequency",
                "ResourceIdScope",
                "ResourceTypesScope",
                "RuleIdentifier",
                "TagKeyScope",
                "TagValueScope",
            ],
        ),
    ],
};

/// A rule of an account in Terraform, where a block is a list of one.
pub(in super::super) const TERRAFORM_RULE: Shape = Shape {
    name: "name",
    identifier: &["source", "0", "source_identifier"],
    parameters: &["input_parameters"],
    frequency: &["maximum_execution_frequency"],
    modes: &["evaluation_mode"],
    mode: "mode",
    resource_types: &["scope", "0", "compliance_resource_types"],
    resource_id: &["scope", "0", "compliance_resource_id"],
    tag_key: &["scope", "0", "tag_key"],
    tag_value: &["scope", "0", "tag_value"],
    excluded_accounts: &[],
    known: &[
        (
            &[],
            &[
                "arn",
                "description",
                "evaluation_mode",
                "id",
                "input_parameters",
                "maximum_execution_frequency",
                "name",
                "region",
                "rule_id",
                "scope",
                "source",
                "tags",
                "tags_all",
            ],
        ),
        (
            &["scope", "0"],
            &[
                "compliance_resource_id",
                "compliance_resource_types",
                "tag_key",
                "tag_value",
            ],
        ),
    ],
};

/// A rule of an organization in Terraform.
pub(in super::super) const TERRAFORM_ORGANIZATION_RULE: Shape = Shape {
    name: "name",
    identifier: &["rule_identifier"],
    parameters: &["input_parameters"],
    frequency: &["maximum_execution_frequency"],
    modes: &[],
    mode: "",
    resource_types: &["resource_types_scope"],
    resource_id: &["resource_id_scope"],
    tag_key: &["tag_key_scope"],
    tag_value: &["tag_value_scope"],
    excluded_accounts: &["excluded_accounts"],
    known: &[(
        &[],
        &[
            "arn",
            "description",
            "excluded_accounts",
            "id",
            "input_parameters",
            "maximum_execution_frequency",
            "name",
            "region",
            "resource_id_scope",
            "resource_types_scope",
            "rule_identifier",
            "tag_key_scope",
            "tag_value_scope",
            "timeouts",
        ],
    )],
};

impl Shape {
    /// Whether this is a `required-tags` rule.
    pub fn is_required_tags(&self, rule: &Value) -> bool {
        let mut steps = self.identifier.iter();
        let identifier = steps.try_fold(rule, |value, step| match *step {
            "0" => value.get(0),
            name => value.get(name),
        });
        identifier.is_some_and(|it| it == "REQUIRED_TAGS")
    }

    /// A rule's name, or its path if it has none.
    pub fn name(&self, rule: &Value, place: &Place) -> String {
        let name = rule.get(self.name).and_then(Value::as_str);
        name.map_or_else(|| place.to_string(), str::to_owned)
    }
}

/// The value at a path, if it is set, and where it is or would be.
pub(super) fn locate<'a>(
    place: &Place,
    value: &'a Value,
    steps: Steps,
) -> Result<(Place, Option<&'a Value>), ImportError> {
    let mut place = place.clone();
    let mut found = Some(value);
    for step in steps {
        let next = match (*step, found) {
            ("0", Some(value)) => place.list(value, "a list")?.first(),
            (name, Some(value)) => place.resolved(value, "an object")?.get(name),
            (_, None) => None,
        };
        place = match *step {
            "0" => place.index(0),
            name => place.field(name),
        };
        found = next.filter(|value| !value.is_null());
    }
    Ok((place, found.filter(|_| !steps.is_empty())))
}
