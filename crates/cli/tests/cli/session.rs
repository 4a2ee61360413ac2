//! The sessions in the documentation: every command prints what they show.
//!
//! `TRYCMD=overwrite cargo test --locked --workspace --test cli session` updates them.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::cargo::cargo_bin;
use trycmd::TestCases;

use crate::stub::{Mood, Stub};

#[test]
fn each_command_of_the_session_prints_what_it_says() {
    run("session.md", 11);
}

#[test]
fn each_command_of_the_finops_session_prints_what_it_says() {
    run("finops.md", 7);
}

#[test]
fn each_command_prints_the_help_that_the_documentation_has() {
    run("commands.md", 9);
}

fn run(name: &str, least_commands: usize) {
    let session = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    // A document without a command would pass.
    let text = fs::read_to_string(&session).unwrap();
    let commands = text.matches("\n$ ").count();
    assert!(commands >= least_commands, "{commands} commands");

    let stub = Stub::start(Mood::Fleet);
    let cases = TestCases::new();
    cases
        .register_bin("tag-compliance", cargo_bin!("tag-compliance"))
        .register_bin("cat", PathBuf::from("/bin/cat"));
    for (name, value) in [
        ("AWS_ENDPOINT_URL", stub.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_CONFIG_FILE", "/nowhere"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
        // Unset the caller's variables, which must not affect the documentation: empty counts as unset.
        ("AWS_PROFILE", ""),
        ("AWS_REGION", ""),
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_SESSION_TOKEN", ""),
        ("AWS_CA_BUNDLE", ""),
        ("AWS_MAX_ATTEMPTS", ""),
        ("AWS_RETRY_MODE", ""),
        ("HTTPS_PROXY", ""),
    ] {
        cases.env(name, value);
    }
    cases.case(session).run();
}
