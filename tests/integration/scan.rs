//! The command-line program, which evaluates the fleet with the deployed policy.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::deployment::Deployment;
use crate::fleet::{COMPLETE, Fleet};

/// Scans the region with the policy of the deployment: exit code and report.
fn scan(deployment: &Deployment) -> (Option<i32>, Value) {
    let deps = std::env::current_exe().unwrap();
    let program = deps.ancestors().nth(2).unwrap().join("tag-compliance");
    assert!(
        program.exists(),
        "{} is not there: cargo build --workspace --all-targets makes it",
        program.display()
    );
    let mut child = Command::new(program)
        .args(["scan", "--policy", "-", "--format", "json", "--all"])
        .args(["--region", deployment.output("region")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let policy = deployment.output("tag_policy");
    stdin.write_all(policy.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report)
}

#[tokio::test]
async fn a_scan_evaluates_as_the_function_does() {
    let deployment = Deployment::load().await;
    let mut fleet = Fleet::new(&deployment).await;
    let good = fleet.launch(2, COMPLETE).await;
    let bad = fleet.launch(1, &COMPLETE[..2]).await.remove(0);
    let (code, report) = scan(&deployment);
    assert_eq!(code, Some(1), "something is not compliant");
    let instances = report["instances"].as_array().unwrap();
    for id in good.iter().chain([&bad]) {
        let found = instances
            .iter()
            .find(|instance| instance["instanceId"] == id.as_str());
        let found = found.unwrap_or_else(|| panic!("no {id} in {report}"));
        let missing: &[&str] = if *id == bad { &["Application"] } else { &[] };
        assert_eq!(found["missingTags"], serde_json::json!(missing));
        let status = if *id == bad {
            "non-compliant"
        } else {
            "compliant"
        };
        assert_eq!(found["status"], status);
    }
    let totals = &report["totals"];
    assert_eq!(totals["checked"], instances.len());
    fleet.terminate().await;
}
