use super::*;
use crate::instance::Instance;
use crate::memory::{Closed, Item, News, State};
use crate::notification::Change;
use crate::notification::MAX_MESSAGE_BYTES;
use crate::notification::testing::{item, team_policy, with_alerts};
use crate::policy::document::Severity;
use crate::provenance::Provenance;
use crate::testing::{numbered, tags};

fn rendered(pairs: &[(News, Instance)], owner: Option<&str>) -> Mail {
    with_alerts(&team_policy(), pairs, owner, render)
}

#[test]
fn a_storm_is_one_message_by_cause() {
    let group = ("aws:autoscaling:groupName", "web");
    let mail = rendered(
        &[
            (News::Opened, numbered(3, tags(&[("Name", "alone")]))),
            (
                News::Opened,
                numbered(1, tags(&[group, ("Name", "a\nInstance ID: i-forged")])),
            ),
            (
                News::Opened,
                numbered(2, tags(&[group, ("Stage", "x"), ("Temp", "secret")])),
            ),
            (News::Changed, numbered(4, tags(&[("Owner", "web")]))),
        ],
        Some("web"),
    );
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.body));
    assert_eq!(mail.severity.map(Severity::as_str), Some("high"));
    assert!(!mail.body.contains("secret"));
}

#[test]
fn the_subject_counts_what_is_open_and_what_is_resolved() {
    let one = |news| (news, numbered(1, tags(&[])));
    for (news, expected) in [
        (&[News::Opened][..], "1 EC2 instance not compliant"),
        (
            &[News::Opened, News::StillOpen],
            "2 EC2 instances not compliant",
        ),
        (&[News::Resolved], "1 EC2 instance resolved"),
        (
            &[News::Opened, News::Resolved],
            "1 EC2 instance not compliant, 1 resolved",
        ),
    ] {
        let changes: Vec<_> = news.iter().map(|news| one(*news)).collect();
        assert_eq!(rendered(&changes, None).subject, expected);
    }
}

#[test]
fn what_is_resolved_says_why() {
    let instance = numbered(1, tags(&[]));
    let policy = team_policy();
    let open = item(&policy, &instance);
    let line = |why| {
        let item = Item {
            state: State::Closed(why),
            ..open.clone()
        };
        let change = Change {
            news: News::Resolved,
            id: &instance.id,
            name: None,
            provenance: Some(Provenance::of(&instance, &policy)),
            evaluation: None,
            item: &item,
        };
        let mail = render(&Alerts {
            region: "us-east-1",
            owner: None,
            changes: vec![change],
        });
        let mut lines = mail.body.lines();
        let line = lines
            .find_map(|line| Some(line.split_once(&format!("{}: ", instance.id))?.1.to_owned()));
        (line, mail.severity)
    };
    let lines = Closed::ALL.map(line);
    let expected = [
        "compliant",
        "exempt",
        "out of scope",
        "terminated",
        "no longer known to EC2",
        "closed by hand",
    ];
    assert_eq!(lines, expected.map(|it| (Some(it.to_owned()), None)));
}

#[test]
fn many_instances_are_cut_at_a_line() {
    let name = "n".repeat(256);
    let instance = |number| numbered(number, tags(&[("Name", &name)]));
    let changes: Vec<_> = (0..4_000).map(|it| (News::Opened, instance(it))).collect();
    let mail = rendered(&changes, None);
    assert!(mail.size() < MAX_MESSAGE_BYTES);
    assert!(
        mail.body
            .ends_with("\n\nPlease correct the tags to ensure compliance.\n")
    );
}
