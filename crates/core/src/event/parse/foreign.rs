//! Payloads of other AWS services, each in its own format.

use crate::json::{FieldError, Fields};

/// Fields that only those payloads have ("Invoking Lambda with events from other AWS services", AWS Lambda developer
/// guide). A manual request for a sweep has none of them.
const TELLING_FIELDS: &[&str] = &[
    // Amazon API Gateway, Application Load Balancers, function URLs, Amazon VPC Lattice
    "requestContext",
    "httpMethod",
    "methodArn",
    "routeArn",
    "rawPath",
    "raw_path",
    // Amazon CloudWatch: logs, alarms
    "awslogs",
    "alarmArn",
    "AlarmArn",
    "AlarmName",
    // AWS Config
    "configRuleName",
    "configRuleArn",
    "invokingEvent",
    // AWS CloudFormation
    "ResponseURL",
    "StackId",
    "ResourceProperties",
    // Amazon Cognito
    "triggerSource",
    "userPoolId",
    "identityPoolId",
    // AWS AppSync
    "authorizationToken",
    "fieldName",
    "typeName",
    "arguments",
    // AWS CodePipeline
    "CodePipeline.job",
    // Amazon Lex, Amazon Connect, Alexa, agents of Amazon Bedrock
    "currentIntent",
    "sessionState",
    "messageVersion",
    "Details",
    "session",
    "actionGroup",
    // Amazon MSK and Apache Kafka, Amazon MQ, Amazon Data Firehose, Amazon DocumentDB
    "eventSource",
    "eventSourceArn",
    "records",
    "deliveryStreamArn",
    "applicationArn",
    // Amazon S3: batch operations, Object Lambda, the test of a notification
    "invocationSchemaVersion",
    "getObjectContext",
    "s3BucketName",
    "Bucket",
    // AWS IoT
    "deviceEvent",
    "deviceInfo",
    "placementInfo",
    "clickType",
    // AWS Secrets Manager, Amazon Redshift, AWS Client VPN, AWS Transfer Family, Amazon SES
    "SecretId",
    "external_function",
    "connection-id",
    "serverId",
    "notificationType",
    "eventType",
];

/// Whether this is another service's payload.
pub fn is_known(event: &Fields<'_>) -> bool {
    event.get("requestPayload").is_none()
        && TELLING_FIELDS.iter().any(|name| event.get(name).is_some())
}

/// Refuses Lambda's envelope of a failed event: it must stay a dead letter.
///
/// # Errors
/// It is such an envelope.
pub fn refuse_dead_letter(event: &Fields<'_>) -> Result<(), FieldError> {
    match event.get("requestPayload") {
        None => Ok(()),
        Some(_) => Err(event.error(
            "requestPayload",
            "the event itself, not Lambda's record of it",
        )),
    }
}
