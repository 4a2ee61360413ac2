//! Runs the program.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};

/// A tag value that does harm unless it is escaped.
pub const HOSTILE: &str =
    "=cmd|' /C calc'!A0\u{1b}[31m\u{202e}<script>alert(1)</script>|`x`@org\r\n# y";

/// The program, isolated from the machine's AWS configuration.
pub fn program() -> Command {
    Command::from_std(process())
}

/// The same, for a test that starts and ends it.
pub fn process() -> process::Command {
    let mut command = process::Command::new(cargo_bin!("tag-compliance"));
    command
        .env_clear()
        .env("AWS_CONFIG_FILE", "/nowhere")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    // If coverage is measured, include the program's.
    if let Ok(profile) = std::env::var("LLVM_PROFILE_FILE") {
        command.env("LLVM_PROFILE_FILE", profile);
    }
    command
}

/// The result of a run.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

pub fn run(arguments: &[&str]) -> Answer {
    answer(program().args(arguments))
}

pub fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A path for a test to write to. No two tests use the same name.
pub fn path(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// A file with this text. It is renamed into place, since another test may be reading the same file.
pub fn file(name: &str, text: &str) -> String {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let path = path(name);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{number}.tmp"));
    fs::write(&unfinished, text).unwrap();
    fs::rename(&unfinished, &path).unwrap();
    path.into_os_string().into_string().unwrap()
}

pub fn policy_file(name: &str, policy: &Value) -> String {
    file(name, &policy.to_string())
}

/// An event as AWS sends it.
pub fn event(name: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!("{root}/../../tests/fixtures/events/{name}.json")
}

/// A policy with every kind of rule.
pub fn policy() -> Value {
    json!({
        "required_tags": [
            {"key": "Environment", "allowed_values": ["dev", "prod"], "severity": "medium"},
            {"key": "Owner", "description": "The team's short name", "severity": "high"},
            {"key": "CostCenter", "pattern": "[0-9]{4}", "ignore_key_case": true,
             "when": {"tags": [{"key": "Environment", "values": ["prod"]}]}},
        ],
        "forbidden_tags": [{"key": "temp", "ignore_key_case": true, "severity": "low"}],
        "scope": {
            "include": [{"regions": ["us-east-1", "eu-central-1"]}, {"accounts": ["111111111111"]}],
            "exclude": [{"tags": [{"key": "aws:eks:cluster-name"}]}],
        },
        "exemptions": [
            {"owner": "data team", "reason": "is switched off soon", "expires": "2099-03-31",
             "when": {"tags": [{"key": "Application", "values": ["legacy"]}]}},
            {"owner": "web team", "reason": "migration", "expires": "2025-01-31",
             "when": {"tags": [{"key": "Application", "values": ["shop"]}]}},
        ],
    })
}

/// Asserts that nothing can steer a terminal or hide text.
pub fn assert_is_plain(text: &str) {
    let is_plain =
        |character: char| character == '\n' || !(character.is_control() || character == '\u{202e}');
    let hidden = text.chars().find(|&character| !is_plain(character));
    assert_eq!(hidden, None, "{text}");
}
