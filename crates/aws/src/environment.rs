//! SDK settings for a service from environment variables, mainly its endpoint.

use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Reads the variable of a service, such as `AWS_ENDPOINT_URL_S3`, or else the general one, such as
/// `AWS_ENDPOINT_URL` (AWS SDKs and Tools reference, "Service-specific endpoints").
#[derive(Debug)]
pub struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        setting(&key, |variable| std::env::var(variable).ok())
    }
}

fn setting(key: &ServiceConfigKey<'_>, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
    let lookup = |variable: &str| lookup(variable).filter(|value| !value.is_empty());
    lookup(&format!("{}_{service}", key.env())).or_else(|| lookup(key.env()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(service_id: &str, variables: &[(&str, &str)]) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service_id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .unwrap();
        setting(&key, |variable| {
            let found = variables.iter().find(|(name, _)| *name == variable);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variable_of_a_service_goes_before_that_of_all() {
        let all = ("AWS_ENDPOINT_URL", "http://all");
        let own = ("AWS_ENDPOINT_URL_S3", "http://s3");
        assert_eq!(endpoint("S3", &[all, own]).as_deref(), Some("http://s3"));
        assert_eq!(endpoint("EC2", &[all, own]).as_deref(), Some("http://all"));
        assert_eq!(endpoint("EC2", &[own]), None);
    }

    #[test]
    fn the_name_of_a_service_is_spelt_as_a_variable() {
        let variable = ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://logs");
        let found = endpoint("CloudWatch Logs", &[variable]);
        assert_eq!(found.as_deref(), Some("http://logs"));
    }

    #[test]
    fn an_empty_variable_is_none() {
        let empty = ("AWS_ENDPOINT_URL_S3", "");
        let all = ("AWS_ENDPOINT_URL", "http://all");
        assert_eq!(endpoint("S3", &[empty, all]).as_deref(), Some("http://all"));
        assert_eq!(endpoint("S3", &[empty]), None);
    }
}
