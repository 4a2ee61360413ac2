//! Amazon DynamoDB: the state table, which remembers what is open and what people were told of it.
//!
//! Its schema is told in docs/state-table.md. Every write is conditional, so that a retry, a duplicate or
//! a race changes nothing twice.

mod attributes;
pub mod control;
pub mod fleet;
pub mod index;
pub mod instances;
pub mod sweeps;
pub mod update;

use aws_sdk_dynamodb::Client;
use tag_compliance_core::instance::AccountId;

/// The state table of an environment, and whose instances it is about.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// The client.
    pub client: &'a Client,
    /// The name of the table.
    pub name: &'a str,
    /// The account of the instances.
    pub account: &'a AccountId,
    /// Their region.
    pub region: &'a str,
}
