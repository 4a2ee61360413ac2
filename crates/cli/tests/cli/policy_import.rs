//! `policy import`: levels of files, and the order of notes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{answer, file, program, run};

/// A tag policy that gives the tag `team` a key.
fn team_policy(name: &str, key: &str, more: &Value) -> String {
    let mut team = json!({"tag_key": {"@@assign": key}});
    for (field, value) in more.as_object().unwrap() {
        team[field] = value.clone();
    }
    file(name, &json!({"tags": {"team": team}}).to_string())
}

#[test]
fn files_joined_by_a_plus_are_attached_to_the_same_place() {
    let values = json!({"tag_value": {"@@append": ["core"]}});
    let first = team_policy("import-first.json", "TEAM", &values);
    let second = team_policy("import-second.json", "team", &json!({}));
    // Files' names may contain a plus, too.
    let plus = team_policy("import+plus.json", "Team", &json!({}));
    let longer = team_policy("import+plus.json+import-more.json", "tEAM", &json!({}));
    for (files, key) in [
        (vec![format!("{first}+{second}")], "TEAM"),
        (vec![format!("{second}+{first}")], "team"),
        (vec![first.clone(), second.clone()], "team"),
        (vec![format!("{first}+{second}"), plus.clone()], "Team"),
        (vec![plus.clone()], "Team"),
        (vec![format!("{plus}+{first}")], "Team"),
        (vec![format!("{first}+{plus}")], "TEAM"),
        (vec![format!("{longer}+{first}")], "tEAM"),
    ] {
        let mut arguments = vec!["policy", "import"];
        arguments.extend(files.iter().map(String::as_str));
        let answer = run(&arguments);
        assert_eq!(answer.code, Some(0), "{files:?}: {answer:?}");
        assert_eq!(answer.json()["required_tags"][0]["key"], key, "{files:?}");
    }
    let mut command = program();
    command.args(["policy", "import", &format!("{first}+-")]);
    let answer = answer(command.write_stdin(fs::read_to_string(&second).unwrap()));
    assert_eq!(answer.json()["required_tags"][0]["key"], "TEAM");
    let ignored = "standard input: tags[\"team\"].tag_key.@@assign: is ignored: the policy attached before it";
    assert!(answer.stderr.contains(ignored), "{}", answer.stderr);
    let absent = run(&["policy", "import", &format!("{first}+/nowhere/b.json")]);
    assert_eq!(absent.code, Some(2));
    assert!(
        absent.stderr.starts_with("error: /nowhere/b.json: "),
        "{}",
        absent.stderr
    );
}

#[test]
fn what_is_wrong_with_an_import_has_a_line_and_a_column() {
    let path = file("import-wrong.json", "{\n  \"tags\": {\n    \"owner\": 1}}");
    let answer = run(&["policy", "import", &path]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        format!("error: {path}:3:14: tags[\"owner\"]: expected an object, got 1\n")
    );
}

#[test]
fn an_import_says_first_what_changes_evaluations() {
    let policy = json!({"tags": {
        "owner": {
            "report_required_tag_for": {"@@assign": ["ec2:instance"]},
            "enforced_for": {"@@assign": ["ec2:instance"]},
        },
        "runbook": {"tag_value": {"@@assign": ["https://*"]}},
        "bucket-class": {
            "tag_value": {"@@assign": ["a"]}, "report_required_tag_for": {"@@assign": ["s3:bucket"]},
        },
        "color": {"tag_value": {"@@assign": []}},
    }});
    let path = file("import-first-things.json", &policy.to_string());
    let answer = run(&["policy", "import", &path]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let lines: Vec<_> = answer.stderr.lines().collect();
    let expected = [
        "note: 1 required, 2 optional, 1 forbidden, 0 left out".to_owned(),
        "note: \"owner\": AWS Organizations accepts any value".to_owned(),
        "note: \"runbook\", \"bucket-class\": optional: ".to_owned(),
        "note: \"color\": forbidden, whatever the case of its key".to_owned(),
        "note: \"owner\", \"runbook\", \"bucket-class\", \"color\": there is no tag_key, "
            .to_owned(),
        format!("note: {path}: tags[\"owner\"].enforced_for: "),
        format!("note: {path}: tags[\"bucket-class\"].report_required_tag_for: "),
    ];
    assert_eq!(lines.len(), expected.len(), "{}", answer.stderr);
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    // An instance may lack an optional tag, and must lack a forbidden one.
    let imported = file("import-first-things-policy.json", &answer.stdout);
    let code = |tags: &[&str]| {
        let tags = tags.iter().flat_map(|tag| ["--tag", *tag]);
        let arguments = ["explain", "--policy", &imported].into_iter().chain(tags);
        run(&arguments.collect::<Vec<_>>()).code
    };
    for (tags, expected) in [
        (&["owner=a"][..], 0),
        (&["owner=a", "runbook=https://x"], 0),
        (&["owner=a", "runbook=x"], 1),
        (&["owner=a", "Runbook=https://x"], 1),
        (&["owner=a", "bucket-class=b"], 1),
        (&["owner=a", "Color=red"], 1),
        (&["Color=red"], 1),
        (&["runbook=https://x"], 1),
    ] {
        assert_eq!(code(tags), Some(expected), "{tags:?}");
    }
}

fn fixture(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/imports");
    root.join(name).to_string_lossy().into_owned()
}

/// An account, tags, and whether its instance with these tags complies.
type Expected = (&'static str, &'static [&'static str], bool);

/// The imported policy has no warnings, and evaluates instances like its source. Returns its path.
fn assert_round_trip(name: &str, summary: &str, expected: &[Expected]) -> String {
    let imported = run(&["policy", "import", &fixture(name)]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(
        imported.stderr.starts_with(&format!("note: {summary}\n")),
        "{}",
        imported.stderr
    );
    let policy = file(&format!("imported-{name}.json"), &imported.stdout);
    let checked = run(&["policy", "check", "--strict", &policy]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
    for (account, tags, complies) in expected {
        let tags = tags.iter().map(|tag| format!("--tag={tag}"));
        let mut arguments = vec!["explain".to_owned(), format!("--policy={policy}")];
        arguments.extend([format!("--account={account}")].into_iter().chain(tags));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let answer = run(&arguments);
        let code = i32::from(!complies);
        assert_eq!(answer.code, Some(code), "{arguments:?}: {answer:?}");
    }
    policy
}

const ACCOUNT: &str = "111122223333";
const SANDBOX: &str = "012345678901";

#[test]
fn a_tag_policy_in_yaml_becomes_a_policy() {
    let policy = assert_round_trip(
        "tag-policy.yaml",
        "2 required, 2 optional, 1 forbidden, 0 left out",
        &[
            (ACCOUNT, &["CostCenter=100", "Owner=a@example.com"], true),
            (ACCOUNT, &["CostCenter=300", "Owner=a@example.com"], false),
            (ACCOUNT, &["costcenter=100", "Owner=a@example.com"], false),
            (ACCOUNT, &["CostCenter=100", "Owner=a"], false),
            (
                ACCOUNT,
                &["CostCenter=100", "Owner=a@example.com", "Project=Apollo"],
                true,
            ),
            (
                ACCOUNT,
                &["CostCenter=100", "Owner=a@example.com", "Project=x"],
                false,
            ),
            (
                ACCOUNT,
                &["CostCenter=100", "Owner=a@example.com", "PROJECT=Apollo"],
                false,
            ),
            (
                ACCOUNT,
                &["CostCenter=100", "Owner=a@example.com", "DataClass=x"],
                false,
            ),
            (
                ACCOUNT,
                &["CostCenter=100", "Owner=a@example.com", "Contact=x"],
                false,
            ),
        ],
    );
    let tags = ["--tag=CostCenter=100", "--tag=Owner=a"];
    let answer = run(&["explain", "--policy", &policy, tags[0], tags[1]]);
    let told = "does not look like \"*@example.com\"";
    assert!(answer.stdout.contains(told), "{}", answer.stdout);
}

#[test]
fn a_conformance_pack_becomes_a_policy() {
    assert_round_trip(
        "conformance-pack.yaml",
        "2 required, 0 optional, 0 forbidden, 0 left out",
        &[
            (ACCOUNT, &["CostCenter=x", "Environment=prod"], true),
            (ACCOUNT, &["CostCenter=x", "Environment=dev"], false),
            (ACCOUNT, &["Environment=prod"], false),
        ],
    );
}

#[test]
fn rules_that_exclude_accounts_become_a_policy() {
    assert_round_trip(
        "organization-rules.yaml",
        "2 required, 0 optional, 0 forbidden, 0 left out",
        &[
            (ACCOUNT, &["Owner=x", "Stage=prod"], true),
            (ACCOUNT, &["Stage=prod"], false),
            (SANDBOX, &["Stage=prod"], true),
            (SANDBOX, &["Owner=x", "Stage=dev"], false),
        ],
    );
    assert_round_trip(
        "pack-in-a-state.jsonc",
        "1 required, 0 optional, 0 forbidden, 0 left out",
        &[
            (ACCOUNT, &["Team=x"], true),
            (ACCOUNT, &["Owner=x"], false),
            (SANDBOX, &["Owner=x"], true),
        ],
    );
}

#[test]
fn a_template_that_is_taken_for_a_policy_is_recognized() {
    let template = fixture("organization-rules.yaml");
    let answer = run(&["policy", "check", &template]);
    assert_eq!(answer.code, Some(2));
    let start = format!(
        "error: {template}:2:1: this looks like a CloudFormation template: policy import makes a \
         policy of it\n"
    );
    assert!(answer.stderr.starts_with(&start), "{}", answer.stderr);
}
