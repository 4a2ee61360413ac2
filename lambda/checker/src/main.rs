//! The Lambda function's `bootstrap`: wires logging, configuration, clients and handler.

use std::process::ExitCode;
use std::time::SystemTime;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use tag_compliance_aws::clients::Clients;
use tag_compliance_checker::config::Config;
use tag_compliance_checker::context::Context;
use tag_compliance_checker::handler::handle;
use tag_compliance_checker::logging;
use tag_compliance_core::timestamp::Timestamp;
use tracing::{Instrument, error};

// Lambda sends one event at a time, and only calls to AWS take time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logging::init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("The function cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::from_lookup(|variable| std::env::var(variable).ok())?;
    let clients = Clients::new(&config.region);
    let clock = || SystemTime::now().into();
    let context = Context {
        config,
        clients,
        clock,
        started_at: clock(),
    };
    let context = &context;
    Runtime::new(service_fn(async move |event: LambdaEvent<Value>| {
        let deadline = Timestamp::from(event.context.deadline());
        let span = logging::invocation(&event.context.request_id);
        // Boxed, because the future's type is too deep for the compiler otherwise.
        Box::pin(handle(context, &event.payload, deadline))
            .instrument(span)
            .await
    }))
    .run()
    .await
}
