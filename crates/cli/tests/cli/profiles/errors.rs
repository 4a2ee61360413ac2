//! Profiles without usable credentials.

use super::{BASE, ROLE, Scan, role_config, serve};
use crate::stub::{Asked, Reply};

#[test]
fn a_role_that_asks_for_mfa_is_left_to_the_aws_cli() {
    let serial = "arn:aws:iam::111122223333:mfa/jane";
    let config = role_config(&format!("source_profile = base\nmfa_serial = {serial}\n"));
    let remedy = "eval \"$(aws configure export-credentials --profile audit --format env)\"";
    let calls = Scan::new("mfa", &config)
        .with(&["--profile", "audit"], &[])
        .fails(remedy);
    assert_eq!(calls, [""; 0]);
    // Also as the source of another role.
    let chained = format!("{config}[profile team]\nrole_arn = {ROLE}2\nsource_profile = audit\n");
    Scan::new("mfa-chain", &chained)
        .with(&["--profile", "team"], &[("AWS_REGION", "eu-central-1")])
        .fails(serial);
    // The variables that the remedy sets are enough.
    Scan::new("mfa-exported", &config)
        .with(
            &[],
            &[
                ("AWS_PROFILE", "audit"),
                ("AWS_ACCESS_KEY_ID", "ASIAEXPORTED"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_SESSION_TOKEN", "token"),
            ],
        )
        .calls(&["DescribeInstances eu-central-1 ASIAEXPORTED"]);
}

#[test]
fn a_profile_that_cannot_be_used_is_an_error_in_one_line() {
    let circle = format!(
        "{}[profile base2]\n",
        role_config("source_profile = other\n")
    ) + &format!("[profile other]\nrole_arn = {ROLE}2\nsource_profile = audit\n");
    for (name, config, profile, expected) in [
        ("circle", circle.as_str(), "audit", "infinite loop"),
        (
            "no-source",
            &role_config("source_profile = nobody\n"),
            "audit",
            "from the profile \"audit\": its source_profile \"nobody\" is not in the AWS \
             configuration\n",
        ),
        (
            "own-source",
            &role_config("source_profile = audit\n"),
            "audit",
            "from the profile \"audit\"",
        ),
        (
            "source-of-no-kind",
            &role_config("credential_source = environment\n"),
            "audit",
            "error: credential_source of the profile \"audit\": \"environment\" is not Environment, \
             Ec2InstanceMetadata or EcsContainer\n",
        ),
        (
            "source-without-keys",
            &role_config("credential_source = Environment\n"),
            "audit",
            "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set",
        ),
        (
            "sso-session",
            "[profile audit]\nsso_session = crop\nsso_account_id = 111122223333\n\
             sso_role_name = Auditor\nregion = us-east-1\n[sso-session corp]\n",
            "audit",
            "error: no AWS credentials from the profile \"audit\": its sso_session \"crop\" is not in \
             the AWS configuration\n",
        ),
        (
            "blank",
            "[profile \"my mfa\"]\nregion = us-east-1\n",
            "my mfa",
            "does not have it, or writes it with blanks or quotes, which are not read; ",
        ),
        (
            "escape",
            BASE,
            "a\u{202e}b",
            "from the profile \"a\\u{202e}b\": ",
        ),
        ("nobody", BASE, "nobody", "from the profile \"nobody\""),
        (
            "broken",
            "[profile audit\n",
            "audit",
            "the AWS configuration can't be read",
        ),
    ] {
        let calls = Scan::new(&format!("bad-{name}"), config)
            .with(&["--profile", profile], &[])
            .fails(expected);
        assert_eq!(calls, [""; 0], "{name}");
    }
    // The AWS CLI refuses it, too, even with keys in the environment.
    Scan::new("bad-variable", BASE)
        .with(
            &[],
            &[
                ("AWS_PROFILE", "nobody"),
                ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ],
        )
        .fails("from the profile \"nobody\"");
}

#[test]
fn where_nothing_gives_credentials_each_place_is_named() {
    let reason = "Environment: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set; \
                  WebIdentity: $AWS_WEB_IDENTITY_TOKEN_FILE was not set; \
                  Profile: the credential provider was not enabled; \
                  Container: ECS provider not configured; Instance: IMDS disabled by ";
    let nowhere = "in the environment, the configuration files or from a role";
    Scan::new("nothing", "")
        .with(&[], &[("AWS_REGION", "us-east-1")])
        .fails(&format!("error: no AWS credentials {nowhere}: {reason}"));
    Scan::new("nothing-by-profile", "[profile bare]\nregion = us-east-1\n")
        .with(&[], &[("AWS_PROFILE", "bare")])
        .fails(&format!(
            "error: no AWS credentials from the profile \"bare\": {reason}"
        ));
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKID\u{e9}"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
    ];
    let expected = "the access key id \"AKID\u{e9}\" may hold only letters and digits";
    Scan::new("no-key", "").with(&[], &keys).fails(expected);
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SESSION_TOKEN", "token\nsecond"),
        keys[1],
        keys[2],
    ];
    let expected = "error: no AWS credentials: the session token, such as that of AWS_SESSION_TOKEN, \
                    has a line break\n";
    Scan::new("no-token", "").with(&[], &keys).fails(expected);
}

#[test]
fn a_role_that_is_refused_is_told_in_the_words_of_sts() {
    let refuse = |asked: &Asked| match asked.action() {
        "AssumeRole" => Reply::Answer(
            "403 Forbidden",
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
             <Message>jane may not assume the role</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
        _ => serve(asked),
    };
    let config = role_config("source_profile = base\n");
    Scan::served("refused", &config, refuse)
        .with(&["--profile", "audit"], &[])
        .fails("jane may not assume the role");
}
