//! Amazon DynamoDB: the state table, which remembers violations and what people were told about them.
//!
//! docs/state-table.md describes its schema. Every write is conditional, so a retry, a duplicate or a race changes
//! nothing twice.

mod attributes;
pub mod control;
pub mod fleet;
pub mod index;
pub mod instances;
pub mod sweeps;
pub mod update;

use aws_sdk_dynamodb::Client;
use tag_compliance_core::instance::AccountId;

/// The state table of an environment, and the account whose instances it covers.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    pub client: &'a Client,
    pub name: &'a str,
    /// The account of the instances.
    pub account: &'a AccountId,
    pub region: &'a str,
}
