//! The profiles of the AWS configuration, and what in the environment overrides them.

use std::env;

use aws_config::profile::{Profile, ProfileSet};
use tag_compliance_aws::profiles::endpoint_of;
use tag_compliance_core::text::Quoted;

use super::error::AccessError;

/// The variables that name a profile, in the order in which the AWS CLI reads them.
const PROFILE_VARIABLES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
const DEFAULT: &str = "default";
/// As the AWS CLI writes them ("Assume role credential provider", AWS SDKs and Tools Reference Guide).
const CREDENTIAL_SOURCES: [&str; 3] = ["Environment", "Ec2InstanceMetadata", "EcsContainer"];

/// The profiles of the configuration files, one of which is selected.
pub struct Profiles {
    set: ProfileSet,
    /// Whether it was selected by `--profile` rather than by the environment.
    pub is_asked_for: bool,
    /// Whether it was selected at all rather than being the default.
    pub is_named: bool,
}

/// A value, and where it is set.
pub struct Setting {
    pub value: String,
    /// Such as `AWS_CA_BUNDLE`, or `ca_bundle of the profile "audit"`.
    pub place: String,
}

impl Setting {
    /// The error that names what was expected instead.
    pub fn refused(self, expected: &'static str) -> AccessError {
        AccessError::Setting {
            setting: self.place,
            value: self.value,
            expected,
        }
    }
}

/// Where the credentials of a profile come from.
pub struct Origin<'a> {
    /// The profile at the end of the chain of `source_profile`.
    pub profile: &'a Profile,
    /// Whether a role is assumed.
    pub takes_role: bool,
    /// The profile and device of a role that asks for MFA.
    pub mfa: Option<(&'a str, &'a str)>,
}

impl Profiles {
    #[allow(
        clippy::default_trait_access,
        reason = "the SDK does not name these types in its public interface"
    )]
    /// Those of `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, or of the files in `~/.aws`.
    pub async fn load(asked_for: Option<&str>) -> Result<Self, AccessError> {
        let named = asked_for.map(str::to_owned).or_else(of_environment);
        let is_named = named.is_some();
        let name = named.clone().unwrap_or_else(|| DEFAULT.to_owned());
        let set = aws_config::profile::load(
            &Default::default(),
            &Default::default(),
            &Default::default(),
            Some(name.into()),
        )
        .await
        .map_err(AccessError::Configuration)?;
        match named {
            Some(name) if set.get_profile(&name).is_none() => Err(AccessError::NoProfile { name }),
            _ => Ok(Self {
                set,
                is_asked_for: asked_for.is_some(),
                is_named,
            }),
        }
    }

    /// The selected profile's section.
    pub fn name(&self) -> &str {
        self.set.selected_profile()
    }

    /// The first of these variables that is set, or else the profile's own setting.
    pub fn setting(&self, variables: &[&str], key: &str) -> Option<Setting> {
        let of_environment = variables.iter().find_map(|&variable| {
            let value = variable_of(variable)?;
            let place = variable.to_owned();
            Some(Setting { value, place })
        });
        let own = || self.own_setting(key);
        of_environment.or_else(|| own().filter(|setting| !setting.value.is_empty()))
    }

    /// The profile's own setting, even if empty.
    pub fn own_setting(&self, key: &str) -> Option<Setting> {
        let value = self.set.get(key)?.to_owned();
        let place = place_in(self.name(), key);
        Some(Setting { value, place })
    }

    /// The profile's endpoint for a service, even if empty: from the section that its `services`
    /// names.
    pub fn service_endpoint(&self, service: &str) -> Option<Setting> {
        let section = self.set.get("services")?;
        let value = endpoint_of(&self.set, section, service)?.to_owned();
        let place = format!(
            "endpoint_url of {service} in the services {}",
            Quoted(section)
        );
        Some(Setting { value, place })
    }

    /// The region of the environment, else of the profile or of its role's source.
    pub fn region(&self) -> Option<Setting> {
        let mut seen = Vec::new();
        let mut profile = self.set.get_profile(self.name());
        let own = self.setting(&["AWS_REGION", "AWS_DEFAULT_REGION"], "region");
        own.or_else(|| {
            while let Some(source) = profile?.get("source_profile") {
                if seen.contains(&source) {
                    return None;
                }
                seen.push(source);
                profile = self.set.get_profile(source);
                let region = profile?.get("region").unwrap_or_default();
                if !region.is_empty() {
                    let (value, place) = (region.to_owned(), place_in(source, "region"));
                    return Some(Setting { value, place });
                }
            }
            None
        })
    }

    /// Refuses profiles that cannot give credentials, for which the SDK's errors are misleading.
    fn check(&self, profile: &Profile) -> Result<(), AccessError> {
        if let Some(session) = profile.get("sso_session")
            && self.set.sso_session(session).is_none()
        {
            return Err(AccessError::NoSession {
                profile: profile.name().to_owned(),
                session: session.to_owned(),
            });
        }
        // Without a role it is never read.
        let role = profile.get("role_arn");
        match role.and(profile.get("credential_source")) {
            Some(value) if !CREDENTIAL_SOURCES.contains(&value) => {
                let place = place_in(profile.name(), "credential_source");
                let value = value.to_owned();
                Err(Setting { value, place }
                    .refused("Environment, Ec2InstanceMetadata or EcsContainer"))
            }
            _ => Ok(()),
        }
    }

    /// Where the selected profile's credentials come from, by the SDK's rules; none if it does not exist
    /// or if roles name each other as source, which the SDK reports.
    ///
    /// # Errors
    /// A source does not exist, in which case the SDK would fall back to the instance's role; or it is not one
    /// that a profile can name.
    pub fn origin(&self) -> Result<Option<Origin<'_>>, AccessError> {
        let Some(profile) = self.set.get_profile(self.name()) else {
            return Ok(None);
        };
        let mut origin = Origin {
            profile,
            takes_role: false,
            mfa: None,
        };
        let mut seen = vec![origin.profile.name()];
        loop {
            let profile = origin.profile;
            self.check(profile)?;
            let has_keys = profile.get("aws_access_key_id").is_some();
            let is_role = profile.get("role_arn").is_some()
                && profile.get("web_identity_token_file").is_none();
            if !is_role || (origin.takes_role && has_keys) {
                return Ok(Some(origin));
            }
            origin.takes_role = true;
            let serial = profile.get("mfa_serial");
            origin.mfa = origin.mfa.or(serial.map(|serial| (profile.name(), serial)));
            let source = profile.get("source_profile");
            let Some(source) = source.filter(|&source| source != profile.name()) else {
                return Ok(Some(origin));
            };
            origin.profile = self.set.get_profile(source).ok_or(AccessError::NoSource {
                profile: profile.name().to_owned(),
                source_profile: source.to_owned(),
            })?;
            if seen.contains(&source) {
                return Ok(None);
            }
            seen.push(source);
        }
    }
}

fn place_in(profile: &str, key: &str) -> String {
    format!("{key} of the profile {}", Quoted(profile))
}

fn of_environment() -> Option<String> {
    PROFILE_VARIABLES.into_iter().find_map(variable_of)
}

/// A variable that is not empty: shells and CI leave empty ones behind.
pub fn variable_of(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
