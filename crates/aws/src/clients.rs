//! The SDK clients, built once before the first event.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::sdk_config::SharedCredentialsProvider;

use super::environment::Environment;

/// The clients of the services that the function calls.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Amazon EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// Amazon S3.
    pub s3: aws_sdk_s3::Client,
    /// Amazon EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// Amazon SNS.
    pub sns: aws_sdk_sns::Client,
    /// Amazon SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// Amazon DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Amazon CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
}

/// Attempts per call, including the first.
const MAX_ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// EC2 needs several seconds for a page of 1,000 instances.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Lookup, record with alert, and metrics follow one another; three of these timeouts fit into the function's 60
/// seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(17);

/// One HTTP client for all SDK clients, since each client parses the root certificates again. ARCHITECTURE.md,
/// "Decisions", says why it uses `ring`.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// The SDK's defaults as of a fixed version, so that an SDK update changes none of them.
#[must_use]
pub fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// A client of Amazon EC2 in the configuration's region.
#[must_use]
pub fn ec2(config: &SdkConfig) -> aws_sdk_ec2::Client {
    aws_sdk_ec2::Client::new(config)
}

/// A client of Amazon EC2 in this region, whatever the configuration says.
#[must_use]
pub fn ec2_in(config: &SdkConfig, region: &str) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::config::Builder::from(config).region(Region::new(region.to_owned()));
    aws_sdk_ec2::Client::from_conf(config.build())
}

impl Clients {
    /// Clients for `region`, with the credentials that Lambda puts into the environment. ARCHITECTURE.md,
    /// "Decisions", says why the settings aren't the SDK's defaults.
    #[must_use]
    pub fn new(region: &str) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(ATTEMPT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT);
        let config = SdkConfig::builder()
            .behavior_version(behavior_version())
            .http_client(http_client())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ))
            .service_config(Environment)
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts.build())
            // The timeouts above are stricter.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            eventbridge: aws_sdk_eventbridge::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
        }
    }
}
