//! The function's role: it needs every permission that it has, and has no other.

mod needed;
mod nothing_more;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_sdk_lambda::types::Environment;
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::deployment::{Answer, Deployment, eventually};
use crate::fleet::{COMPLETE, Fleet, records_of};
use crate::memory::group_due;

/// The role's only policy.
const POLICY: &str = "tag-compliance-checker";

async fn policy_of(deployment: &Deployment) -> Value {
    let policy = deployment.iam.get_role_policy().policy_name(POLICY);
    let policy = policy
        .role_name(deployment.output("role_name"))
        .send()
        .await
        .unwrap();
    let document = percent_encoding::percent_decode_str(policy.policy_document());
    serde_json::from_str(&document.decode_utf8().unwrap()).unwrap()
}

async fn set_policy(deployment: &Deployment, policy: &Value) {
    let put = deployment.iam.put_role_policy().policy_name(POLICY);
    let put = put.role_name(deployment.output("role_name"));
    put.policy_document(policy.to_string())
        .send()
        .await
        .unwrap();
}

/// Removes a permission while `during` runs, and restores it whatever happens.
pub async fn without(deployment: &Deployment, action: &str, during: impl AsyncFnOnce()) {
    let whole = policy_of(deployment).await;
    let mut less = whole.clone();
    for statement in less["Statement"].as_array_mut().unwrap() {
        let actions = statement["Action"].as_array_mut().unwrap();
        actions.retain(|allowed| allowed != action);
        if actions.is_empty() {
            // A statement must name an action; this one the function never calls.
            actions.push(json!("ec2:DescribeTags"));
            statement["Resource"] = json!("*");
        }
    }
    assert_ne!(less, whole, "the role has no right to {action}");
    set_policy(deployment, &less).await;
    if !deployment.is_stand_in() {
        // A policy change may take this long.
        tokio::time::sleep(Duration::from_secs(15)).await;
    }
    let result = AssertUnwindSafe(during()).catch_unwind().await;
    set_policy(deployment, &whole).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Calls the function until it fails as it should: a policy change takes AWS a few seconds.
async fn refused(deployment: &Deployment, payload: &Value, call: &str) -> Answer {
    eventually(&format!("{call} to be refused"), async || {
        let answer = deployment.invoke(payload).await;
        answer.function_error.is_some().then_some(answer)
    })
    .await
}

fn test_message() -> Value {
    json!({"test": "channels"})
}

fn assert_refused(answer: &Answer, call: &str) {
    let message = answer.payload["errorMessage"].as_str().unwrap();
    assert_eq!(answer.payload["errorType"], "AwsCallRefused", "{answer:?}");
    assert!(
        message.starts_with(&format!("{call}: the service refused: ")),
        "{message}"
    );
}

/// What a voice refused is tried again in a quarter of an hour: this does not wait for it.
async fn tell_at_once(deployment: &Deployment, id: &str) {
    eventually("the group to be told", async || {
        let item = deployment.remembered(id).await?;
        let Some(group) = item.text("grp") else {
            return Some(());
        };
        deployment.invoke(&group_due(group)).await;
        None
    })
    .await;
}

/// An instance that is compliant, and old enough that each change counts.
async fn settled(deployment: &Deployment, fleet: &mut Fleet<'_>) -> String {
    let id = fleet.launch(1, COMPLETE).await.remove(0);
    records_of(deployment, &id, 1).await;
    tokio::time::sleep(deployment.settle_time()).await;
    id
}

/// Sets one of the function's variables while `during` runs, and restores it whatever happens.
pub async fn with_variable(
    deployment: &Deployment,
    variable: &str,
    value: String,
    during: impl AsyncFnOnce(),
) {
    let name = deployment.output("function_name");
    let configuration = deployment
        .lambda
        .get_function_configuration()
        .function_name(name);
    let configuration = configuration.send().await.unwrap();
    let right = configuration.environment().unwrap().variables().unwrap();
    let mut wrong = right.clone();
    wrong.insert(variable.to_owned(), value);
    set_environment(deployment, wrong).await;
    let result = AssertUnwindSafe(during()).catch_unwind().await;
    set_environment(deployment, right.clone()).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

async fn set_environment(
    deployment: &Deployment,
    variables: std::collections::HashMap<String, String>,
) {
    let environment = Environment::builder()
        .set_variables(Some(variables))
        .build();
    let name = deployment.output("function_name");
    let update = deployment
        .lambda
        .update_function_configuration()
        .function_name(name);
    update.environment(environment).send().await.unwrap();
    eventually("the function's new configuration", async || {
        let configuration = deployment
            .lambda
            .get_function_configuration()
            .function_name(name);
        let configuration = configuration.send().await.unwrap();
        let status = configuration
            .last_update_status()
            .map(|status| status.as_str().to_owned());
        (status.as_deref() == Some("Successful")).then_some(())
    })
    .await;
}
