//! The certificate authorities that are trusted instead of the system's.

use tag_compliance_aws::networks::Authorities;

use super::error::AccessError;
use super::profiles::{Profiles, Setting, variable_of};

/// Those of `AWS_CA_BUNDLE` or the profile's `ca_bundle`, in the AWS CLI's order; none if neither
/// is set.
pub fn configured(profiles: &Profiles) -> Result<Option<Authorities>, AccessError> {
    let setting = profiles.setting(&["AWS_CA_BUNDLE"], "ca_bundle");
    // The AWS CLI's HTTP library has a variable of its own, which comes last.
    let setting = setting.or_else(|| {
        let place = "REQUESTS_CA_BUNDLE".to_owned();
        variable_of(&place).map(|value| Setting { value, place })
    });
    let Some(Setting {
        value: path,
        place: setting,
    }) = setting
    else {
        return Ok(None);
    };
    match std::fs::read(&path) {
        Ok(bundle) => match Authorities::from_pem(&String::from_utf8_lossy(&bundle)) {
            Some(authorities) => Ok(Some(authorities)),
            None => Err(AccessError::NoAuthorities { setting, path }),
        },
        Err(source) => Err(AccessError::Authorities {
            setting,
            path,
            source,
        }),
    }
}
