//! The URL of a dead-letter queue.

use std::str::FromStr;

use tag_compliance_core::expected::Expected;
use tag_compliance_core::text::{OneLine, excerpt};

/// The URL of a standard queue. Lambda and EventBridge have no dead-letter queue of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl(String);

/// This is not the URL of a dead-letter queue.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected}, got {got}", expected = QueueUrl::EXPECTED)]
pub struct InvalidQueueUrl {
    got: String,
}

impl Expected for QueueUrl {
    const EXPECTED: &'static str = "the URL of a standard queue, such as \
         https://sqs.us-east-1.amazonaws.com/123456789012/tag-compliance-dlq-prod";
}

impl FromStr for QueueUrl {
    type Err = InvalidQueueUrl;

    fn from_str(text: &str) -> Result<Self, InvalidQueueUrl> {
        let refused = |what: &str| {
            let shown = excerpt(text, 200);
            let got = format!("{what}{}", OneLine(&shown));
            InvalidQueueUrl { got }
        };
        let rest = text.strip_prefix("https://");
        let rest = rest.or_else(|| text.strip_prefix("http://"));
        let path = rest.and_then(|rest| Some(rest.split_once('/')?.1));
        match path.and_then(|path| path.split_once('/')) {
            Some((_account, name)) if name.strip_suffix(".fifo").is_some() => {
                Err(refused("the FIFO queue "))
            }
            Some((account, name)) if !account.is_empty() && !name.is_empty() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(refused("")),
        }
    }
}

impl QueueUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region that its host names ("Amazon SQS endpoints and quotas", AWS General Reference).
    pub fn region(&self) -> Option<&str> {
        let host = self.0.split('/').nth(2)?;
        let host = host.split(':').next()?;
        let labels: Vec<&str> = host.split('.').collect();
        let suffixes = [".amazonaws.", ".api.aws", ".api.amazonwebservices."];
        let is_of_aws = suffixes.iter().any(|suffix| host.contains(suffix));
        match labels.as_slice() {
            _ if !is_of_aws => None,
            ["queue", ..] => Some("us-east-1"),
            [region, "queue", ..]
            | ["sqs" | "sqs-fips", region, ..]
            // The endpoint of a VPC, vpce-0123-abcd.sqs.us-east-1.vpce.amazonaws.com
            | [_, "sqs", region, ..] => Some(region),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_host() {
        for (host, region) in [
            ("sqs.us-east-1.amazonaws.com", Some("us-east-1")),
            ("sqs.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            (
                "sqs-fips.us-gov-west-1.amazonaws.com",
                Some("us-gov-west-1"),
            ),
            ("sqs.eu-west-1.api.aws", Some("eu-west-1")),
            (
                "sqs.cn-north-1.api.amazonwebservices.com.cn",
                Some("cn-north-1"),
            ),
            ("eu-west-1.queue.amazonaws.com", Some("eu-west-1")),
            ("queue.amazonaws.com", Some("us-east-1")),
            (
                "vpce-0a-1b.sqs.us-east-2.vpce.amazonaws.com",
                Some("us-east-2"),
            ),
            ("lambda.us-east-1.amazonaws.com", None),
            ("127.0.0.1:4566", None),
            ("sqs.example.org", None),
        ] {
            let url: QueueUrl = format!("https://{host}/123456789012/q").parse().unwrap();
            assert_eq!(url.region(), region, "{host}");
        }
    }

    #[test]
    fn a_standard_queue_may_be_called_fifo() {
        assert!(
            "https://sqs.us-east-1.amazonaws.com/1/fifo"
                .parse::<QueueUrl>()
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_standard_queue_is_refused_with_a_word_for_it() {
        for (text, got) in [
            ("tag-compliance-dlq-prod", "tag-compliance-dlq-prod"),
            ("arn:aws:sqs:us-east-1:1:q", "arn:aws:sqs:us-east-1:1:q"),
            (
                "https://sqs.us-east-1.amazonaws.com/q",
                "https://sqs.us-east-1.amazonaws.com/q",
            ),
            ("http://127.0.0.1:4566/0/", "http://127.0.0.1:4566/0/"),
            ("http://host//q", "http://host//q"),
            (
                "https://sqs.us-east-1.amazonaws.com/1/q.fifo",
                "the FIFO queue https://sqs.us-east-1.amazonaws.com/1/q.fifo",
            ),
            ("a\nb", "a\\nb"),
        ] {
            let error = text.parse::<QueueUrl>().unwrap_err().to_string();
            let expected = format!("expected {}, got {got}", QueueUrl::EXPECTED);
            assert_eq!(error, expected);
        }
    }
}
