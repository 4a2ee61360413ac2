//! `scan` with several profiles: their accounts in one report.

use serde_json::json;

use crate::scan::scan;
use crate::stub::{Asked, Mood, Reply, Stub, described};
use crate::support::{Answer, answer, file};

const CONFIG: &str = "[profile shop]\naws_access_key_id = AKIDSHOP\naws_secret_access_key = s\n\
                      [profile twin]\naws_access_key_id = AKIDSHOP\naws_secret_access_key = s\n\
                      [profile data]\naws_access_key_id = AKIDDATA\naws_secret_access_key = s\n";

/// Two accounts. The second has the instances of another region.
fn serve(asked: &Asked) -> Reply {
    if asked.access_key != "AKIDDATA" {
        return described(Mood::Fleet, asked);
    }
    if asked.region == "eu-central-1" {
        return described(Mood::Denied, asked);
    }
    let elsewhere = Asked {
        region: "eu-west-1".to_owned(),
        ..asked.clone()
    };
    match described(Mood::Fleet, &elsewhere) {
        Reply::Answer(status, body) => {
            Reply::Answer(status, body.replace("123456789012", "012345678901"))
        }
        other => other,
    }
}

fn run(name: &str, profiles: &[&str], arguments: &[&str]) -> Answer {
    let stub = Stub::serve(serve);
    let name = format!("profiles-{name}");
    let config = file(&format!("{name}-config"), CONFIG);
    let mut command = scan(&name, &stub.endpoint);
    for profile in profiles {
        command.args(["--profile", profile]);
    }
    answer(command.args(arguments).env("AWS_CONFIG_FILE", config))
}

#[test]
fn the_accounts_of_several_profiles_are_one_report() {
    let region = ["--region=us-east-1", "--format"];
    let with = |name: &str, profiles: &[&str]| {
        run(name, profiles, &[&region[..], &["json"]].concat()).json()
    };
    let both = with("both", &["shop", "data", "shop"]);
    assert_eq!(both["accounts"], json!(["012345678901", "123456789012"]));
    assert_eq!(both["regions"], json!(["us-east-1"]));
    assert_eq!(both["totals"]["checked"], 6 + 5);
    assert_eq!(both["byRegion"][0]["checked"], 6 + 5);
    let of_account = |at: usize| both["byAccount"][at]["checked"].as_u64().unwrap();
    assert_eq!([of_account(0), of_account(1)], [5, 6]);
    let twins = with("twins", &["shop", "twin"]);
    assert_eq!(twins["totals"]["checked"], 6, "an instance counts once");

    for (format, parts) in [
        (
            "markdown",
            ["| Account | Checked |", ", us-east-1 of 012345678901"],
        ),
        ("html", ["By account", "us-east-1 of 012345678901"]),
        ("csv", ["0123-4567-8901", "1234-5678-9012"]),
    ] {
        let arguments = [&region[..], &[format]].concat();
        let text = run(format, &["shop", "data"], &arguments).stdout;
        for part in parts {
            assert!(text.contains(part), "{format}: {part}: {text}");
        }
    }
}

#[test]
fn every_command_names_the_profile_that_the_instance_was_read_with() {
    for (format, quote) in [
        ("table", "'"),
        ("json", "'"),
        ("csv", "'"),
        ("markdown", "'"),
        ("html", "&#39;"),
        ("fix", "'"),
    ] {
        let arguments = ["--region=us-east-1", "--format", format];
        let name = format!("commands-{format}");
        let text = run(&name, &["shop", "data"], &arguments).stdout;
        let commands = [
            "aws ec2 create-tags",
            "aws ec2 delete-tags",
            "aws autoscaling",
        ];
        let count: usize = commands.iter().map(|it| text.matches(it).count()).sum();
        let by = |profile: &str| {
            let option = format!(" --profile {quote}{profile}{quote}");
            text.matches(&option).count()
        };
        assert!(by("shop") > 0 && by("data") > 0, "{format}: {text}");
        assert_eq!(by("shop") + by("data"), count, "{format}: {text}");
        assert!(!text.contains("AWS_PROFILE"), "{format}: {text}");
    }
}

#[test]
fn what_fails_by_one_profile_takes_nothing_away_from_the_others() {
    let arguments = ["--region=us-east-1,eu-central-1", "--format=json"];
    let answer = run("refused", &["shop", "data", "nobody"], &arguments);
    assert_eq!(answer.code, Some(2));
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0]
            .starts_with("error: eu-central-1 from the profile \"data\": ec2:DescribeInstances")
    );
    assert!(
        lines[1].starts_with("error: us-east-1, eu-central-1 from the profile \"nobody\": "),
        "{lines:?}"
    );
    let document = answer.json();
    assert_eq!(document["totals"]["checked"], 10 + 5);
    let unread = document["unreadRegions"].as_array().unwrap();
    let profiles: Vec<_> = unread
        .iter()
        .map(|it| it["profile"].as_str().unwrap())
        .collect();
    assert_eq!(profiles, ["data", "nobody"]);
}

#[test]
fn nothing_is_reported_where_no_profile_can_be_used() {
    let answer = run("none", &["nobody", "no-one"], &[]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(answer.stdout, "");
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].starts_with("error: every region from the profile \"no-one\": "),
        "{lines:?}"
    );
}
