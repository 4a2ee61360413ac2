//! The regions of an account.

use aws_sdk_ec2::Client;

use super::filter;
use crate::error::{CallError, from_sdk};

/// The call, by the name of its IAM action.
pub const CALL: &str = "ec2:DescribeRegions";

/// The names of the regions that are enabled for the account, in order: those enabled by default, and those that it
/// has opted in to ("`OptInStatus`", Amazon EC2 API reference).
///
/// # Errors
/// The call failed.
pub async fn enabled(client: &Client) -> Result<Vec<String>, CallError> {
    let statuses = ["opt-in-not-required", "opted-in"];
    let output = client
        .describe_regions()
        .filters(filter("opt-in-status", statuses))
        .send()
        .await
        .map_err(|error| from_sdk(CALL, &error))?;
    let regions = output.regions.unwrap_or_default().into_iter();
    let mut names: Vec<_> = regions.filter_map(|region| region.region_name).collect();
    names.sort();
    Ok(names)
}
