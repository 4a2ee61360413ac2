//! `scan`: the files that it writes, and the script of fixes.

use serde_json::json;

use crate::scan::scan_fleet;
use crate::stub::{Asked, Mood, Stub, described};
use crate::support::{answer, path, policy_file, program};

#[test]
fn an_ending_that_stands_for_no_format_is_refused() {
    let path = path("scan-report.xlsx");
    let _ = std::fs::remove_file(&path);
    let answer = scan_fleet("ending", &["--output", path.to_str().unwrap()]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        "error: --output: unknown extension .xlsx: expected .txt, .json, .csv, .md, .html or .sh, \
         or --format\n"
    );
    assert!(!path.exists());
}

#[test]
fn a_byte_order_mark_is_there_where_it_is_asked_for() {
    let path = path("scan-report-bom.csv");
    let file = ["--output", path.to_str().unwrap()];
    scan_fleet("bom", &[&file[..], &["--bom"]].concat());
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbfinstanceId,"));
    scan_fleet("no-bom", &file);
    assert!(std::fs::read(&path).unwrap().starts_with(b"instanceId,"));
    let answer = scan_fleet("bom-json", &["--bom", "--format=json"]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        "error: --bom applies only to CSV: give --format csv\n"
    );
}

#[test]
fn a_script_repairs_what_takes_no_guess() {
    let script = scan_fleet("script", &["--format=fix"]);
    assert_eq!(script.code, Some(1));
    let is_of_a_time = |line: &&str| !line.starts_with("# Fixes that take no guess");
    let text: Vec<_> = script.stdout.lines().filter(is_of_a_time).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn a_script_leaves_to_a_person_what_instances_of_a_group_differ_about() {
    let policy = policy_file(
        "scan-group-policy.json",
        &json!({"required_tags": [
            {"key": "Owner"},
            {"key": "Team", "enforced_from": "2099-04-01"},
            {"key": "Stage", "allowed_values": ["prod"]},
        ]}),
    );
    let scanned = |format: &str| {
        let stub = Stub::start(Mood::Fleet);
        let mut scan = crate::scan::scan_by(&policy, &stub.endpoint);
        answer(scan.args(["--region=ap-south-1", "--format", format])).stdout
    };
    let script = scanned("fix");
    let is_of_a_time = |line: &&str| !line.starts_with("# Fixes that take no guess");
    let text: Vec<_> = script.lines().filter(is_of_a_time).collect();
    insta::assert_snapshot!(text.join("\n"));
    let table = scanned("table");
    let of_group = table.matches("Key=Owner,Value=<data or web>").count();
    assert_eq!(of_group, 1, "{table}");
}

#[test]
fn a_script_is_one_that_a_shell_reads() {
    let path = path("scan-fix.sh");
    let answer = scan_fleet("script-file", &["--output", path.to_str().unwrap()]);
    assert_eq!(answer.code, Some(1));
    let read = std::process::Command::new("sh")
        .arg("-n")
        .arg(&path)
        .status()
        .unwrap();
    assert!(read.success());
}

#[test]
fn an_address_in_a_description_is_a_link_and_an_e_mail_address_breaks_where_it_may() {
    let policy = json!({
        "required_tags": [{"key": "Team", "description": "See https://wiki.example/tags?a=1&b=2 or ask <us>"}],
        "owner_tag": "Owner",
    });
    let policy = policy_file("scan-links-policy.json", &policy);
    let page = scan_by(&policy, "us-east-1", "html");
    for part in [
        "See <a rel=\"noreferrer\" href=\"https://wiki.example/tags?a=1&#38;b=2\">https://wiki.example/tags?a=1&#38;b=2 </a>or ask &#60;us&#62;",
        "shop-<wbr>web-<wbr>1<wbr>",
        "Violations, oldest first",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

/// A scan of us-east-1, whatever the region is called.
fn scan_by(policy: &str, region: &str, format: &str) -> String {
    let stub = Stub::serve(|asked| {
        let region = "us-east-1".to_owned();
        described(
            Mood::Fleet,
            &Asked {
                region,
                ..asked.clone()
            },
        )
    });
    let mut command = program();
    command
        .args(["scan", "--region", region, "--format", format])
        .args(["--policy", policy])
        .env("AWS_ENDPOINT_URL", &stub.endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    answer(&mut command).stdout
}

#[test]
fn where_the_console_is_not_known_there_is_no_link() {
    let policy = json!({"required_tags": [{"key": "Team"}]});
    let policy = policy_file("scan-no-links-policy.json", &policy);
    for (format, id) in [
        ("markdown", "| `i-00000000000000001` |"),
        (
            "html",
            "<code class=\"whole soft\">i-00000000000000001</code>",
        ),
        ("json", "\"consoleUrl\": null"),
    ] {
        let text = scan_by(&policy, "mars-north-1", format);
        assert!(text.contains(id), "{format}: {text}");
    }
}
