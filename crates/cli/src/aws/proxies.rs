//! Proxies from the environment.

use tag_compliance_aws::networks::{PROXY_VARIABLES, Proxy};

use super::error::AccessError;

/// Refuses anything but a proxy: the HTTP client would silently bypass it.
pub fn check() -> Result<(), AccessError> {
    for variables in PROXY_VARIABLES {
        Proxy::of_environment(variables).map_err(AccessError::Proxy)?;
    }
    Ok(())
}
