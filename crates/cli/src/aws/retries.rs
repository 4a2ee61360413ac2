//! How often a call is tried.

use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};

use super::error::AccessError;
use super::patience::Patience;
use super::profiles::{Profiles, Setting};

const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// How the SDK retries a call, and how long a command keeps trying after that.
pub struct Retries {
    /// Always set: the SDK panics on empty settings.
    pub config: RetryConfig,
    pub patience: Patience,
}

/// The user's settings, under the AWS CLI's names.
pub fn configured(profiles: &Profiles) -> Result<Retries, AccessError> {
    let mut config = RetryConfig::standard().with_initial_backoff(FIRST_BACKOFF);
    if let Some(setting) = profiles.setting(&["AWS_RETRY_MODE"], "retry_mode") {
        config = config.with_retry_mode(read_mode(setting)?);
    }
    let attempts = profiles.setting(&["AWS_MAX_ATTEMPTS"], "max_attempts");
    let patience = match attempts {
        Some(setting) => {
            config = config.with_max_attempts(read_attempts(setting)?);
            Patience::none()
        }
        None => Patience::of_minutes(),
    };
    Ok(Retries { config, patience })
}

fn read_mode(setting: Setting) -> Result<RetryMode, AccessError> {
    match setting.value.to_lowercase().as_str() {
        // The SDK lacks the AWS CLI's oldest mode.
        "standard" | "legacy" => Ok(RetryMode::Standard),
        "adaptive" => Ok(RetryMode::Adaptive),
        _ => Err(setting.refused("standard, adaptive or legacy")),
    }
}

fn read_attempts(setting: Setting) -> Result<u32, AccessError> {
    match setting.value.parse() {
        Ok(attempts) if attempts > 0 => Ok(attempts),
        _ => Err(setting.refused("a whole number of at least 1")),
    }
}
