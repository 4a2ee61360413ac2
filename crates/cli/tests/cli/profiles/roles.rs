//! Roles, and the credentials that assume them.

use super::{BASE, ROLE, Scan, role_config};
use crate::support::file;

#[test]
fn a_role_is_taken_on_in_the_region_of_its_profile() {
    let config = role_config("source_profile = base\nexternal_id = e-1\n");
    let calls = [
        "AssumeRole eu-central-1 AKIDBASE",
        "DescribeInstances eu-central-1 ASIAROLE",
    ];
    Scan::new("role", &config)
        .with(&["--profile", "audit"], &[])
        .calls(&calls);
    Scan::new("role-by-variable", &config)
        .with(&[], &[("AWS_PROFILE", "audit")])
        .calls(&calls);
    Scan::new("role-by-older-variable", &config)
        .with(&[], &[("AWS_DEFAULT_PROFILE", "audit")])
        .calls(&calls);
}

#[test]
fn a_role_is_taken_on_where_it_is_known_that_the_region_is_enabled() {
    let config = role_config("source_profile = base\n");
    Scan::new("role-elsewhere", &config)
        .with(&["--profile", "audit", "--region", "af-south-1"], &[])
        .calls(&[
            "AssumeRole eu-central-1 AKIDBASE",
            "DescribeInstances af-south-1 ASIAROLE",
        ]);
    let without_region = config.replace("region = eu-central-1\n", "");
    let without_region = without_region.replace("region = eu-west-1\n", "");
    Scan::new("role-nowhere-else", &without_region)
        .with(&["--profile", "audit", "--region", "af-south-1"], &[])
        .calls(&[
            "AssumeRole af-south-1 AKIDBASE",
            "DescribeInstances af-south-1 ASIAROLE",
        ]);
}

#[test]
fn roles_are_taken_on_one_after_the_other() {
    let config = format!(
        "{}[profile team]\nrole_arn = {ROLE}2\nsource_profile = audit\nregion = eu-north-1\n",
        role_config("source_profile = base\n")
    );
    Scan::new("role-chain", &config)
        .with(&["--profile", "team"], &[])
        .calls(&[
            "AssumeRole eu-north-1 AKIDBASE",
            "AssumeRole eu-north-1 ASIAROLE",
            "DescribeInstances eu-north-1 ASIAROLE",
        ]);
}

#[test]
fn a_role_takes_its_first_credentials_from_where_the_profile_says() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    Scan::new(
        "role-environment",
        &role_config("credential_source = Environment\n"),
    )
    .with(&["--profile", "audit"], &keys)
    .calls(&[
        "AssumeRole eu-central-1 AKIDENVIRONMENT",
        "DescribeInstances eu-central-1 ASIAROLE",
    ]);
    let scan = Scan::new(
        "role-container",
        &role_config("credential_source = EcsContainer\n"),
    );
    let container = format!("{}/container", scan.stub.endpoint);
    scan.with(
        &["--profile", "audit"],
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container)],
    )
    .calls(&[
        "GET /container HTTP/1.1",
        "AssumeRole eu-central-1 ASIACONTAINER",
        "DescribeInstances eu-central-1 ASIAROLE",
    ]);
}

#[test]
fn a_web_identity_takes_on_a_role() {
    let token = file("profiles-token", "a.b.c");
    let config = role_config(&format!("web_identity_token_file = {token}\n"));
    let calls = [
        "AssumeRoleWithWebIdentity",
        "DescribeInstances eu-central-1 ASIAROLE",
    ];
    Scan::new("web-identity", &config)
        .with(&["--profile", "audit"], &[])
        .calls(&calls);
    // As in a pod or a pipeline, whatever the default profile says.
    let default = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = secret\n";
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_REGION", "eu-central-1"),
    ];
    Scan::new("web-identity-variables", default)
        .with(&[], &variables)
        .calls(&calls);
    Scan::new("web-identity-aside", BASE)
        .with(&["--profile", "base"], &variables)
        .calls(&["DescribeInstances eu-central-1 AKIDBASE"]);
    // A profile that assumes a role wins over it.
    Scan::new(
        "web-identity-later",
        &role_config("source_profile = base\n"),
    )
    .with(
        &[],
        &[variables.as_slice(), &[("AWS_PROFILE", "audit")]].concat(),
    )
    .calls(&[
        "AssumeRole eu-central-1 AKIDBASE",
        "DescribeInstances eu-central-1 ASIAROLE",
    ]);
}
