//! The order of the sources of credentials.

use super::{BASE, Scan};
use crate::support::file;

#[test]
fn the_environment_s_keys_come_before_all_but_an_argument() {
    let config = format!("{BASE}[default]\nregion = eu-south-1\n");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_PROFILE", "base"),
    ];
    Scan::new("keys", &config)
        .with(&[], &keys)
        .calls(&["DescribeInstances eu-west-1 AKIDENVIRONMENT"]);
    Scan::new("keys-aside", &config)
        .with(&["--profile", "base"], &keys)
        .calls(&["DescribeInstances eu-west-1 AKIDBASE"]);
    // Empty variables, as pipelines leave them, count as unset.
    Scan::new("keys-empty", &config)
        .with(&[], &[keys[2], ("AWS_ACCESS_KEY_ID", "")])
        .calls(&["DescribeInstances eu-west-1 AKIDBASE"]);
    // An argument wins over a variable.
    Scan::new("profile-order", &config)
        .with(
            &["--profile", "base"],
            &[("AWS_PROFILE", "nobody"), ("AWS_DEFAULT_PROFILE", "nobody")],
        )
        .calls(&["DescribeInstances eu-west-1 AKIDBASE"]);
}

#[test]
fn a_region_is_that_of_argument_variables_and_profile_in_this_order() {
    let older = ("AWS_DEFAULT_REGION", "eu-north-1");
    let newer = ("AWS_REGION", "eu-south-2");
    for (name, arguments, variables, region) in [
        ("region-profile", &[][..], &[][..], "eu-west-1"),
        ("region-older", &[], &[older], "eu-north-1"),
        ("region-newer", &[], &[older, newer], "eu-south-2"),
        (
            "region-empty",
            &[],
            &[("AWS_REGION", ""), older],
            "eu-north-1",
        ),
        ("region-both-empty", &[], &[("AWS_REGION", "")], "eu-west-1"),
        (
            "region-argument",
            &["--region", "sa-east-1"],
            &[older, newer],
            "sa-east-1",
        ),
    ] {
        Scan::new(name, BASE)
            .with(&["--profile", "base"], variables)
            .with(arguments, &[])
            .calls(&[&format!("DescribeInstances {region} AKIDBASE")]);
    }
}

#[test]
fn a_region_that_is_none_is_an_error_that_says_where_it_is_from() {
    let config = "[profile audit]\nregion = eu central\n\
                  [profile team]\nsource_profile = audit\n";
    for (name, profile, variables, place) in [
        (
            "newer",
            "audit",
            &[("AWS_REGION", "eu central")][..],
            "AWS_REGION",
        ),
        (
            "older",
            "audit",
            &[("AWS_DEFAULT_REGION", "eu central")],
            "AWS_DEFAULT_REGION",
        ),
        ("profile", "audit", &[], "region of the profile \"audit\""),
        ("source", "team", &[], "region of the profile \"audit\""),
    ] {
        let expected =
            format!("error: {place}: \"eu central\" is not a region such as us-east-1\n");
        let calls = Scan::new(&format!("bad-region-{name}"), config)
            .with(&["--profile", profile], variables)
            .fails(&expected);
        assert_eq!(calls, [""; 0], "{name}");
    }
    let circle = "[profile a]\nsource_profile = b\n[profile b]\nregion =\nsource_profile = a\n";
    for (name, config) in [
        ("circle", circle),
        ("nobody", "[profile a]\nsource_profile = nobody\n"),
    ] {
        Scan::new(&format!("region-{name}"), config)
            .with(&["--profile", "a"], &[])
            .fails("error: no region: set --region");
    }
}

#[test]
fn both_files_make_a_profile() {
    let credentials = file(
        "profiles-credentials",
        "[audit]\naws_access_key_id = AKIDCREDENTIALS\naws_secret_access_key = secret\n",
    );
    let config = "[profile audit]\nregion = eu-central-1\naws_access_key_id = AKIDCONFIG\n\
                  aws_secret_access_key = secret\n";
    Scan::new("both-files", config)
        .with(
            &["--profile", "audit"],
            &[("AWS_SHARED_CREDENTIALS_FILE", &credentials)],
        )
        .calls(&["DescribeInstances eu-central-1 AKIDCREDENTIALS"]);
}
