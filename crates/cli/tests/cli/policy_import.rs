//! `policy import`: which files are one level, and what is said first.

use std::fs;

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
    // There are files whose names have a plus, too.
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
fn an_import_says_first_what_changes_verdicts() {
    let policy = json!({"tags": {
        "owner": {
            "report_required_tag_for": {"@@assign": ["ec2:instance"]},
            "enforced_for": {"@@assign": ["ec2:instance"]},
        },
        "runbook": {"tag_value": {"@@assign": ["https://*"]}},
        "bucket-class": {"report_required_tag_for": {"@@assign": ["s3:bucket"]}},
        "color": {"tag_value": {"@@assign": []}},
    }});
    let path = file("import-first-things.json", &policy.to_string());
    let answer = run(&["policy", "import", &path]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let lines: Vec<_> = answer.stderr.lines().collect();
    let expected = [
        "note: 1 required, 1 optional, 1 forbidden, 1 left out".to_owned(),
        "note: \"bucket-class\": left out: ".to_owned(),
        "note: \"owner\": AWS Organizations accepts any value".to_owned(),
        "note: \"runbook\": optional: ".to_owned(),
        "note: \"color\": forbidden, in whatever case".to_owned(),
        "note: \"owner\", \"runbook\", \"color\": there is no tag_key, ".to_owned(),
        format!("note: {path}: tags[\"owner\"].enforced_for: "),
    ];
    assert_eq!(lines.len(), expected.len(), "{}", answer.stderr);
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    // An instance may lack an optional tag, and must not have one that is forbidden.
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
        (&["owner=a", "Color=red"], 1),
        (&["Color=red"], 1),
        (&["runbook=https://x"], 1),
    ] {
        assert_eq!(code(tags), Some(expected), "{tags:?}");
    }
}
