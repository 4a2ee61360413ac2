//! Why AWS can't be called.

use std::io;

use aws_config::profile::ProfileFileLoadError;
use tag_compliance_aws::networks::InvalidProxy;
use tag_compliance_core::text::{OneLine, Quoted};

/// Why AWS can't be called.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No region is configured.
    #[error(
        "no region: set --region, AWS_REGION, or region in the profile of the AWS configuration"
    )]
    NoRegion,
    /// No region is configured to list the others from.
    #[error(
        "no region to list the others from: set AWS_REGION, or region in the profile of the AWS \
         configuration"
    )]
    NoFirstRegion,
    /// The configuration files can't be read.
    #[error("the AWS configuration can't be read: {}", with_sources(.0))]
    Configuration(ProfileFileLoadError),
    /// The requested profile is in no file.
    #[error(
        "no AWS credentials from the profile {}: the AWS configuration does not have it, or writes it \
         with blanks or quotes, which are not read; aws configure list-profiles lists the profiles",
        Quoted(name)
    )]
    NoProfile { name: String },
    /// The profile with a role's source credentials is in no file.
    #[error(
        "no AWS credentials from the profile {}: its source_profile {} is not in the AWS configuration",
        Quoted(profile),
        Quoted(source_profile)
    )]
    NoSource {
        profile: String,
        source_profile: String,
    },
    /// The SSO session of a profile is in no file.
    #[error(
        "no AWS credentials from the profile {}: its sso_session {} is not in the AWS configuration",
        Quoted(profile),
        Quoted(session)
    )]
    NoSession { profile: String, session: String },
    /// Nothing gives credentials.
    #[error("no AWS credentials {searched}: {reason}{hint}")]
    NoCredentials {
        searched: String,
        reason: String,
        hint: String,
    },
    /// The access key id is malformed.
    #[error(
        "no AWS credentials: the access key id {} may hold only letters and digits",
        Quoted(.0)
    )]
    NoKeyId(String),
    /// The session token, which is a secret, is malformed.
    #[error(
        "no AWS credentials: the session token, such as that of AWS_SESSION_TOKEN, has a line break"
    )]
    NoToken,
    /// A role requires an MFA code.
    #[error(
        "the profile {} asks for MFA ({}), which only the AWS CLI can do: \
         eval \"$(aws configure export-credentials --profile {profile} --format env)\", and then \
         without --profile",
        Quoted(profile),
        OneLine(serial)
    )]
    Mfa { profile: String, serial: String },
    /// A variable holds something other than a proxy.
    #[error(transparent)]
    Proxy(InvalidProxy),
    /// The certificate authorities can't be read.
    #[error("{setting}: {path}: {source}")]
    Authorities {
        setting: String,
        path: String,
        source: io::Error,
    },
    /// The file holds no certificate authority.
    #[error(
        "{setting}: {path}: no certificates in PEM, which begin with -----BEGIN CERTIFICATE-----"
    )]
    NoAuthorities { setting: String, path: String },
    /// A setting is invalid.
    #[error("{setting}: {} is not {expected}", Quoted(value))]
    Setting {
        setting: String,
        value: String,
        expected: &'static str,
    },
}

/// An error with its causes, which the SDK's messages leave out.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<_> = sources.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
