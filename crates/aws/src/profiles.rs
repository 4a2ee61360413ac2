//! Settings for a service in profiles of the AWS configuration.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::property::PropertiesKey;

/// The `endpoint_url` of a service, such as `sso_oidc`, in a section such as `[services corp]`.
#[must_use]
pub fn endpoint_of<'a>(profiles: &'a ProfileSet, section: &str, service: &str) -> Option<&'a str> {
    let key = PropertiesKey::builder()
        .section_key("services")
        .section_name(section)
        .property_name(service)
        .sub_property_name("endpoint_url")
        .build()
        .ok();
    let value = key.and_then(|key| profiles.other_sections().get(&key));
    value.map(String::as_str)
}
