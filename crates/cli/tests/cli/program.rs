//! Behavior that all commands share.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use crate::support::{answer, file, path, policy, policy_file, program, run};

#[test]
fn help_is_complete() {
    for command in [
        vec![],
        vec!["explain"],
        vec!["scan"],
        vec!["redrive"],
        vec!["policy", "check"],
        vec!["policy", "import"],
        vec!["policy", "schema"],
        vec!["completions"],
        vec!["man"],
    ] {
        let answer = run(&[command.as_slice(), &["--help"]].concat());
        assert_eq!(answer.code, Some(0), "{command:?}");
        assert_eq!(answer.stderr, "");
        for part in ["Usage: tag-compliance", "Examples:\n  "] {
            assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
        }
    }
}

#[test]
fn without_a_command_the_help_is_shown() {
    let answer = run(&[]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("Usage: tag-compliance <COMMAND>"));
}

#[test]
fn the_version_is_that_of_the_crate() {
    let answer = run(&["--version"]);
    assert_eq!(answer.code, Some(0));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(answer.stdout, format!("tag-compliance {version}\n"));
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let answer = run(&["completions", shell]);
        assert_eq!(answer.code, Some(0), "{shell}");
        for name in ["tag-compliance", "explain", "launched-at"] {
            assert!(answer.stdout.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).code, Some(2));
}

#[test]
fn every_command_gets_its_manual_page() {
    let directory = path("program-man/man1");
    let answer = run(&["man", directory.to_str().unwrap()]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_eq!(answer.stdout, "");
    let page = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    assert!(page("tag-compliance.1").contains("tag\\-compliance\\-scan(1)"));
    for (name, option) in [
        ("tag-compliance-explain.1", "\\-\\-launched\\-at"),
        ("tag-compliance-scan.1", "\\-\\-region"),
        ("tag-compliance-policy-check.1", "FILE"),
        ("tag-compliance-man.1", "DIRECTORY"),
    ] {
        let page = page(name);
        for part in [".SH SYNOPSIS", "Examples:", option] {
            assert!(page.contains(part), "{name}: {part}: {page}");
        }
    }
}

#[test]
fn manual_pages_that_cannot_be_written_are_an_error_that_names_where() {
    let path = file("program-man-file", "");
    let answer = run(&["man", &path]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.stderr.starts_with(&format!("error: {path}: ")),
        "{}",
        answer.stderr
    );
}

#[test]
fn colors_are_only_there_where_they_are_wanted() {
    let path = policy_file("program-colors.json", &policy());
    let with = |name: &str| {
        let arguments = ["policy", "check", &path];
        answer(program().args(arguments).env(name, "1")).stdout
    };
    assert!(with("CLICOLOR_FORCE").contains("\u{1b}[32ma valid policy\u{1b}[0m"));
    assert!(!with("NO_COLOR").contains('\u{1b}'));
    assert!(!run(&["policy", "check", &path]).stdout.contains('\u{1b}'));
    let errors = answer(
        program()
            .args(["policy", "check", "/nowhere"])
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(
        errors
            .stderr
            .starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m /nowhere")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(cargo_bin!("tag-compliance"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(stderr, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let output = Command::new(cargo_bin!("tag-compliance"))
        .args(["policy", "schema"])
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: standard output: No space left"),
        "{stderr}"
    );
}
