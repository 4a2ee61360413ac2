//! Values of options that several commands share.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tag_compliance_core::instance::{InstanceState, InvalidRegionName, RegionName};
use tag_compliance_core::timestamp::Timestamp;

pub fn state_parser(
    states: impl IntoIterator<Item = InstanceState>,
) -> impl TypedValueParser<Value = InstanceState> {
    let names = states.into_iter().map(InstanceState::as_str);
    PossibleValuesParser::new(names).try_map(|state| state.parse::<InstanceState>())
}

pub fn region(text: &str) -> Result<String, InvalidRegionName> {
    let name = text.parse::<RegionName>();
    name.map(|_| text.to_owned())
}

pub fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A day, which begins at midnight in UTC, or a time.
pub fn day(text: &str) -> Result<Timestamp, &'static str> {
    let time = text
        .parse()
        .or_else(|_| format!("{text}T00:00:00Z").parse());
    time.map_err(|_| "expected a day such as 2027-01-01, or an RFC 3339 time")
}
