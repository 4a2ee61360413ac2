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
        "no region: give it by --region, by AWS_REGION, or in the profile of the AWS configuration"
    )]
    NoRegion,
    /// No region is configured that could list the others.
    #[error(
        "no region that could list the others: give it by AWS_REGION, or in the profile of the AWS \
         configuration"
    )]
    NoFirstRegion,
    /// The configuration files can't be read.
    #[error("the AWS configuration can't be read: {}", with_sources(.0))]
    Configuration(ProfileFileLoadError),
    /// The profile that is asked for is in no file.
    #[error(
        "no AWS credentials by the profile {}: the AWS configuration does not have it, or writes it \
         with blanks or quotes, which are not read; aws configure list-profiles shows those that are \
         there",
        Quoted(name)
    )]
    NoProfile { name: String },
    /// The profile that a role's first credentials come from is in no file.
    #[error(
        "no AWS credentials by the profile {}: its source_profile {} is not in the AWS configuration",
        Quoted(profile),
        Quoted(source_profile)
    )]
    NoSource {
        profile: String,
        source_profile: String,
    },
    /// The SSO session of a profile is in no file.
    #[error(
        "no AWS credentials by the profile {}: its sso_session {} is not in the AWS configuration",
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
    /// What is given as credentials can't be any.
    #[error(
        "no AWS credentials: the access key id {} is not made of letters and digits alone",
        Quoted(.0)
    )]
    NoKeyId(String),
    /// What is given as a session token, which is a secret, can't be one.
    #[error(
        "no AWS credentials: the session token, such as that of AWS_SESSION_TOKEN, has a line break"
    )]
    NoToken,
    /// A role wants a code that only a person can give.
    #[error(
        "the profile {} asks for MFA ({}), which only the AWS CLI can do: \
         eval \"$(aws configure export-credentials --profile {profile} --format env)\", and then \
         without --profile",
        Quoted(profile),
        OneLine(serial)
    )]
    Mfa { profile: String, serial: String },
    /// A variable holds no proxy.
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
    /// A setting is not what it must be.
    #[error("{setting}: {} is not {expected}", Quoted(value))]
    Setting {
        setting: String,
        value: String,
        expected: &'static str,
    },
}

/// An error with its causes, which the SDK's own texts leave out.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<_> = sources.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
