//! Conformance packs of AWS Config. Their template may be a string within another file ("Custom conformance pack" in
//! its developer guide).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::ImportError;
use super::super::config_rule::Rule;
use super::super::notes::Notes;
use super::super::place::{Place, given};
use super::template::Template;

/// Where a pack has its fields.
#[derive(Debug)]
pub(in super::super) struct Pack {
    template: &'static str,
    parameters: &'static str,
    parameter: [&'static str; 2],
    excluded_accounts: &'static str,
}

/// A pack in AWS `CloudFormation`: `ConformancePack`, `OrganizationConformancePack`.
pub(super) const PACK: Pack = Pack {
    template: "TemplateBody",
    parameters: "ConformancePackInputParameters",
    parameter: ["ParameterName", "ParameterValue"],
    excluded_accounts: "ExcludedAccounts",
};

/// A pack in Terraform: `aws_config_conformance_pack`, `aws_config_organization_conformance_pack`.
pub(in super::super) const TERRAFORM_PACK: Pack = Pack {
    template: "template_body",
    parameters: "input_parameter",
    parameter: ["parameter_name", "parameter_value"],
    excluded_accounts: "excluded_accounts",
};

impl Pack {
    /// A pack's `required-tags` rules.
    pub fn rules(
        &self,
        place: &Place,
        pack: &Value,
        notes: &mut Notes,
    ) -> Result<Vec<Rule>, ImportError> {
        let nothing = Map::new();
        let fields = pack.as_object().unwrap_or(&nothing);
        let Some(template @ Value::String(_)) = fields.get(self.template) else {
            let text = "a conformance pack is left out, since its template is not in this file: import \
                that, if it has a rule required-tags";
            notes.important(place.note(text));
            return Ok(Vec::new());
        };
        let (inner, template) = place.field(self.template).template(template)?;
        let parameters = self.parameters(place, fields)?;
        let template = Template::read(&inner, &template, &parameters, notes)?;
        let mut rules = template.rules(notes)?;
        if let Some(accounts) = given(fields, self.excluded_accounts) {
            let place = place.field(self.excluded_accounts);
            let accounts = place.texts(accounts, "a list of accounts")?;
            for rule in &mut rules {
                rule.exclude(accounts.clone());
            }
        }
        Ok(rules)
    }

    fn parameters(
        &self,
        place: &Place,
        pack: &Map<String, Value>,
    ) -> Result<BTreeMap<String, String>, ImportError> {
        let place = place.field(self.parameters);
        let list = given(pack, self.parameters);
        let list = list.map_or(Ok(&[][..]), |list| place.list(list, "a list of parameters"))?;
        let parameter = |(index, parameter): (usize, &Value)| {
            let place = place.index(index);
            let fields = place.object(parameter, "a parameter")?;
            let text = |name| {
                let value = fields.get(name).unwrap_or(&Value::Null);
                Ok(place.field(name).text(value, "a string")?.to_owned())
            };
            let [name, value] = self.parameter;
            Ok((text(name)?, text(value)?))
        };
        list.iter().enumerate().map(parameter).collect()
    }
}
