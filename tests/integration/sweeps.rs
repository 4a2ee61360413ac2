//! The schedule of the sweeps.

use std::panic::AssertUnwindSafe;

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{FlexibleTimeWindowMode, ScheduleState};
use futures_util::FutureExt;

use crate::deployment::{Deployment, Remembered, eventually, now, skip};
use crate::end_to_end::counts_at_rest;
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::subscriber::Subscriber;

async fn schedule(deployment: &Deployment, name: &str) -> GetScheduleOutput {
    let schedule = deployment.scheduler.get_schedule().name(name);
    schedule.send().await.unwrap()
}

/// Makes the schedule fire at another time.
async fn set_expression(deployment: &Deployment, schedule: &GetScheduleOutput, expression: &str) {
    deployment
        .scheduler
        .update_schedule()
        .set_name(schedule.name.clone())
        .set_group_name(schedule.group_name.clone())
        .set_description(schedule.description.clone())
        .set_state(schedule.state.clone())
        .set_target(schedule.target.clone())
        .set_flexible_time_window(schedule.flexible_time_window.clone())
        .schedule_expression(expression)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn the_schedule_calls_the_function_with_an_event_of_its_own() {
    let deployment = Deployment::load().await;
    let Some(name) = deployment.optional_output("sweep_schedule_name") else {
        return skip("this environment has no schedule of sweeps");
    };
    let schedule = schedule(&deployment, name).await;
    assert_eq!(schedule.state(), Some(&ScheduleState::Enabled));
    assert_eq!(schedule.schedule_expression(), Some("rate(1 day)"));
    let window = schedule.flexible_time_window().unwrap();
    assert_eq!(window.mode(), &FlexibleTimeWindowMode::Off);
    let target = schedule.target().unwrap();
    assert_eq!(target.arn(), deployment.output("function_arn"));
    assert_eq!(target.role_arn(), deployment.output("sweep_role_arn"));
    assert_eq!(target.input(), None);
    let dead_letters = target.dead_letter_config().unwrap().arn();
    assert_eq!(
        dead_letters,
        Some(deployment.output("dead_letter_queue_arn"))
    );
}

#[tokio::test]
async fn a_scheduled_sweep_sends_its_digest() {
    let deployment = Deployment::load().await;
    let Some(name) = deployment.optional_output("sweep_schedule_name") else {
        return skip("this environment has no schedule of sweeps");
    };
    let mut subscriber = Subscriber::new(&deployment).await;
    let mut fleet = Fleet::new(&deployment).await;
    let good = fleet.launch(2, COMPLETE).await;
    let bad = fleet.launch(1, &COMPLETE[1..2]).await.remove(0);
    records_of(&deployment, &bad, 1).await;
    deployment
        .remembers(&bad, "told", Remembered::is_told)
        .await;
    let before = deployment.audit_keys("/fleet-").await;
    let counts_before = counts_at_rest(&deployment).await;
    let open_before = deployment.metric("OpenViolations").await;

    let schedule = schedule(&deployment, name).await;
    let now = now();
    let seconds = now.split(['.', 'Z']).next().unwrap();
    set_expression(&deployment, &schedule, &format!("at({seconds})")).await;
    let swept = AssertUnwindSafe(subscriber.wait_for("EC2 Tag Compliance Sweep"))
        .catch_unwind()
        .await;
    let expression = schedule.schedule_expression().unwrap();
    set_expression(&deployment, &schedule, expression).await;
    let digest = swept.unwrap_or_else(|panic| std::panic::resume_unwind(panic));

    for part in [
        "\nViolations by Tag:\n",
        "\nViolations by Owner:\n",
        "\n  tests: ",
        "\nNon-Compliant Instances, Oldest First:\n",
        &format!("\n  {bad} {} (running, launched ", fleet.name()),
        &format!("s3://{}/scans/", deployment.output("log_bucket_name")),
    ] {
        assert!(digest.message.contains(part), "{}", digest.message);
    }
    let records = eventually("the records of the sweep", async || {
        let mut keys = deployment.audit_keys("/fleet-").await;
        keys.retain(|key| !before.contains(key));
        let key = keys.first()?;
        Some(deployment.audit_records(key).await)
    })
    .await;
    for id in good.iter().chain([&bad]) {
        let of_this = records
            .iter()
            .find(|record| record["instanceId"] == id.as_str());
        let record = of_this.unwrap_or_else(|| panic!("no record of {id}"));
        assert_eq!(record["trigger"], "schedule");
        assert_eq!(record["isCompliant"], *id != bad);
    }
    eventually("the violations that are open, as a metric", async || {
        (deployment.metric("OpenViolations").await > open_before).then_some(())
    })
    .await;
    // Violations that stay open are not a spike.
    assert_eq!(counts_at_rest(&deployment).await, counts_before);
    fleet.terminate().await;
    subscriber.remove().await;
}
