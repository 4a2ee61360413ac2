//! Violations that are accepted for a time.

use super::*;
use crate::testing::at;

#[test]
fn an_exemption_accepts_violations_until_its_last_day_is_over() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner"}],
        "exemptions": [
            {"owner": "web", "reason": "lab", "expires": "2025-12-31",
             "when": {"tags": [{"key": "Lab"}]}},
            {"owner": "api", "reason": "move", "expires": "2026-01-01",
             "when": {"instance_ids": ["i-1234567890abcdef0"]}},
        ],
    }));
    let lab = instance(tags(&[("Lab", "1")]));
    let status = |time: &str| {
        let subject = Subject {
            now: at(time),
            ..subject(&lab)
        };
        let evaluation = policy.evaluate(&subject);
        let owner = evaluation
            .exemption
            .map(|exemption| exemption.owner.as_str());
        (
            evaluation.status(),
            owner,
            evaluation.expired_exemptions.len(),
        )
    };
    assert_eq!(
        status("2025-12-31T23:59:59.999Z"),
        (Status::Exempt, Some("web"), 0)
    );
    assert_eq!(
        status("2026-01-01T23:59:59.999Z"),
        (Status::Exempt, Some("api"), 0)
    );
    assert_eq!(
        status("2026-01-02T00:00:00Z"),
        (Status::NonCompliant, None, 2)
    );
    let expired = |time| policy.expired_exemptions(at(time)).count();
    assert_eq!(
        (
            expired("2025-12-31T00:00:00Z"),
            expired("2026-01-01T00:00:00Z")
        ),
        (0, 1)
    );

    let owned = instance(tags(&[("Lab", "1"), ("Owner", "web")]));
    let evaluation = policy.evaluate(&subject(&owned));
    assert_eq!(
        (evaluation.status(), evaluation.exemption),
        (Status::Compliant, None)
    );
    assert_eq!(
        policy.exemptions()[0].to_string(),
        "web, until 2025-12-31: lab"
    );
}
