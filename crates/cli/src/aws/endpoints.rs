//! Custom endpoints.

use std::env;

use tag_compliance_aws::networks::is_url;

use super::error::AccessError;
use super::profiles::{Profiles, Setting};

/// The services that the program calls, as sections of `services` name them.
const SERVICES: [&str; 7] = ["ec2", "sqs", "lambda", "sts", "sso", "sso_oidc", "signin"];

/// Refuses anything but a URL: the SDK accepts it, and later fails with the whole request or panics.
pub fn check(profiles: &Profiles) -> Result<(), AccessError> {
    let ignored = "ignore_configured_endpoint_urls";
    let ignored = profiles.setting(&["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], ignored);
    if ignored.is_some_and(|setting| setting.value.eq_ignore_ascii_case("true")) {
        return Ok(());
    }
    let for_all = "AWS_ENDPOINT_URL".to_owned();
    let variables = SERVICES.map(|service| format!("{for_all}_{}", service.to_uppercase()));
    let variables = std::iter::once(for_all).chain(variables);
    let of_environment = variables.filter_map(|place| {
        let value = env::var(&place).ok()?;
        Some(Setting { value, place })
    });
    let of_services = SERVICES.into_iter();
    let of_services = of_services.filter_map(|service| profiles.service_endpoint(service));
    let mut settings = of_environment
        .chain(profiles.own_setting("endpoint_url"))
        .chain(of_services);
    match settings.find(|setting| !is_url(&setting.value)) {
        Some(setting) => Err(setting.refused("a URL that begins with https:// or http://")),
        None => Ok(()),
    }
}
