//! The Lambda function's `bootstrap`: wires logging, configuration, clients and handler.

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tag_compliance_checker::aws::clients::Clients;
use tag_compliance_checker::config::Config;
use tag_compliance_checker::handler::Checker;
use tag_compliance_checker::logging;
use tag_compliance_checker::timestamp::Timestamp;
use tracing::error;

// One event is handled at a time, and all that takes time is waiting for AWS.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logging::init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("The function can't run: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::from_lookup(|variable| std::env::var(variable).ok())?;
    let clients = Clients::new(&config.region);
    let checker = Checker {
        config,
        clients,
        clock: Timestamp::now,
    };
    let checker = &checker;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let deadline = Timestamp::from(event.context.deadline());
        // Boxed, or the type of the future is too deep for the compiler.
        Box::pin(checker.handle(&event.payload, deadline)).await
    }))
    .await
}
