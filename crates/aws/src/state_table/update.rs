//! Conditional updates of one item.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::attributes::{Attributes, text};
use crate::error::{CallError, from_sdk};

/// The call, by the name of its IAM action.
pub const CALL: &str = "dynamodb:UpdateItem";

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The partition key, `pk`.
    pub partition: String,
    /// The sort key, `sk`.
    pub sort: String,
}

impl Key {
    /// The key of an item that belongs to no instance.
    pub fn control(sort: impl Into<String>) -> Self {
        Self {
            partition: "ctl".to_owned(),
            sort: sort.into(),
        }
    }

    /// The key as DynamoDB's attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        HashMap::from([
            ("pk".to_owned(), text(&self.partition)),
            ("sk".to_owned(), text(&self.sort)),
        ])
    }
}

/// A conditional update of an item.
#[derive(Debug, Default)]
pub struct Update {
    set: Vec<(&'static str, AttributeValue)>,
    remove: Vec<&'static str>,
    condition: String,
    compared: Vec<(&'static str, &'static str, AttributeValue)>,
}

/// The result of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Updated {
    /// The update succeeded.
    Done,
    /// The condition failed; these are the item's attributes.
    Refused(Option<Attributes>),
}

impl Update {
    /// An update with a condition. It names attributes as `#name`, and values by the placeholders of
    /// [`Update::comparing`].
    #[must_use]
    pub fn provided(condition: &str) -> Self {
        Self {
            condition: condition.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a value of the condition: its placeholder, and the attribute that it is compared with.
    #[must_use]
    pub fn comparing(
        mut self,
        attribute: &'static str,
        placeholder: &'static str,
        value: AttributeValue,
    ) -> Self {
        self.compared.push((attribute, placeholder, value));
        self
    }

    /// Sets attributes, and removes those without a value.
    #[must_use]
    pub fn of(
        mut self,
        attributes: impl IntoIterator<Item = (&'static str, Option<AttributeValue>)>,
    ) -> Self {
        for (name, value) in attributes {
            match value {
                Some(value) => self.set.push((name, value)),
                None => self.remove.push(name),
            }
        }
        self
    }

    fn expression(&self) -> String {
        let set: Vec<_> = self
            .set
            .iter()
            .map(|(name, _)| format!("#{name} = :{name}"))
            .collect();
        let remove: Vec<_> = self.remove.iter().map(|name| format!("#{name}")).collect();
        let mut parts = Vec::new();
        if !set.is_empty() {
            parts.push(format!("SET {}", set.join(", ")));
        }
        if !remove.is_empty() {
            parts.push(format!("REMOVE {}", remove.join(", ")));
        }
        parts.join(" ")
    }

    /// Sends the update.
    ///
    /// # Errors
    /// The call failed; the update may have succeeded anyway.
    pub async fn send(self, table: Table<'_>, key: &Key) -> Result<Updated, CallError> {
        // Many attribute names are reserved words of DynamoDB, so all get a placeholder.
        let set = self.set.iter().map(|(name, _)| *name);
        let compared = self.compared.iter().map(|(name, _, _)| *name);
        let all = set.chain(self.remove.iter().copied()).chain(compared);
        let placeholders = all.map(|name| (format!("#{name}"), name.to_owned()));
        let mut values: HashMap<_, _> = self
            .set
            .iter()
            .map(|(name, value)| (format!(":{name}"), value.clone()))
            .collect();
        let compared = self.compared.iter();
        values.extend(
            compared.map(|(_, placeholder, value)| ((*placeholder).to_owned(), value.clone())),
        );
        let result = table
            .client
            .update_item()
            .table_name(table.name)
            .set_key(Some(key.attributes()))
            .update_expression(self.expression())
            .condition_expression(&self.condition)
            .set_expression_attribute_names(Some(placeholders.collect()))
            .set_expression_attribute_values(Some(values).filter(|it| !it.is_empty()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Updated::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                    Ok(Updated::Refused(refusal.item.clone()))
                }
                _ => Err(from_sdk(CALL, &error)),
            },
        }
    }
}
