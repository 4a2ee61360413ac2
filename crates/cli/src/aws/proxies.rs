//! Proxies of the environment.

use tag_compliance_aws::networks::{PROXY_VARIABLES, Proxy};

use super::error::AccessError;

/// Refuses what is no proxy: the HTTP client would go past it.
pub fn check() -> Result<(), AccessError> {
    for variables in PROXY_VARIABLES {
        Proxy::of_environment(variables).map_err(AccessError::Proxy)?;
    }
    Ok(())
}
