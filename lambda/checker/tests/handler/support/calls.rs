//! The record of the calls that were made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// An alert as SNS received it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentAlert {
    pub subject: String,
    pub message: String,
    pub severity: Option<String>,
    /// Its other attributes.
    pub attributes: BTreeMap<String, String>,
}

/// An event as the bus received it.
#[derive(Debug, Clone, PartialEq)]
pub struct PutEvent {
    pub detail_type: String,
    pub resources: Vec<String>,
    pub detail: Value,
}

/// A call, reduced to what matters.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Describe {
        filters: Vec<(String, Vec<String>)>,
        page_size: Option<i32>,
        token: Option<String>,
    },
    Put {
        bucket: String,
        owner: String,
        key: String,
        if_none_match: Option<String>,
        content_type: String,
        body: String,
    },
    Publish {
        topic: String,
        alerts: Vec<SentAlert>,
    },
    PutEvents {
        events: Vec<PutEvent>,
    },
    Metrics {
        namespace: String,
        data: Vec<(String, f64, i64)>,
    },
    Delay {
        queue: String,
        messages: Vec<(String, i32)>,
    },
}

impl Call {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Describe { .. } => "describe",
            Self::Put { .. } => "put",
            Self::Publish { .. } => "publish",
            Self::PutEvents { .. } => "events",
            Self::Metrics { .. } => "metrics",
            Self::Delay { .. } => "delay",
        }
    }
}

/// The calls in order. The SDK's retries don't count.
pub struct Calls(pub(super) Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.all().iter().map(Call::name).collect()
    }

    pub fn bodies(&self) -> Vec<(String, String)> {
        let put = |call| match call {
            Call::Put { key, body, .. } => Some((key, body)),
            _ => None,
        };
        self.all().into_iter().filter_map(put).collect()
    }

    pub fn messages(&self) -> Vec<(String, String)> {
        let sent = self.alerts().into_iter();
        sent.map(|alert| (alert.subject, alert.message)).collect()
    }

    /// The events of each call.
    pub fn put_events(&self) -> Vec<Vec<PutEvent>> {
        let put = |call| match call {
            Call::PutEvents { events } => Some(events),
            _ => None,
        };
        self.all().into_iter().filter_map(put).collect()
    }

    /// All events.
    pub fn events(&self) -> Vec<PutEvent> {
        self.put_events().into_iter().flatten().collect()
    }

    pub fn alerts(&self) -> Vec<SentAlert> {
        let publish = |call| match call {
            Call::Publish { alerts, .. } => alerts,
            _ => Vec::new(),
        };
        self.all().into_iter().flat_map(publish).collect()
    }

    /// The severity of each message, as subscriptions filter by it.
    pub fn severities(&self) -> Vec<Option<String>> {
        let sent = self.alerts().into_iter();
        sent.map(|alert| alert.severity).collect()
    }

    /// Compliant and non-compliant counts, for each call that sent them.
    pub fn counts(&self) -> Vec<(f64, f64)> {
        let counted = self.metrics().into_iter();
        counted.map(|(good, bad, _)| (good, bad)).collect()
    }

    /// Compliant and non-compliant counts, and that of unwritten records if there is one, for each
    /// call that sent them.
    pub fn metrics(&self) -> Vec<(f64, f64, Option<f64>)> {
        let counted = self.data().into_iter().filter_map(|data| {
            let value = |name| data.get(name).copied();
            let (good, bad) = (value("CompliantInstances"), value("NonCompliantInstances"));
            let unwritten = value("UnwrittenRecords");
            match (good, bad, unwritten) {
                (Some(good), Some(bad), unwritten) => Some((good, bad, unwritten)),
                (None, None, None) => None,
                _ => panic!("both counts in one call, got {data:?}"),
            }
        });
        counted.collect()
    }

    /// The number of open violations, for each call that sent it.
    pub fn open_violations(&self) -> Vec<f64> {
        let data = self.data().into_iter();
        data.filter_map(|data| data.get("OpenViolations").copied())
            .collect()
    }

    /// How many violations each digest reports, if the totals were sent, too.
    pub fn digested(&self) -> Vec<u64> {
        assert_eq!(self.open_violations().len(), self.messages().len());
        let subjects = self.messages().into_iter().map(|(subject, _)| subject);
        let count = |subject: String| {
            let counts = subject.strip_prefix("EC2 tag sweep: ")?;
            counts.split_once(" of ")?.0.parse().ok()
        };
        subjects.filter_map(count).collect()
    }

    /// The number of violations that no event reported, for each call that sent it.
    pub fn missed_by_events(&self) -> Vec<f64> {
        let data = self.data().into_iter();
        data.filter_map(|data| data.get("MissedByEvents").copied())
            .collect()
    }

    /// The metrics of each call that sent some, by their names.
    fn data(&self) -> Vec<BTreeMap<String, f64>> {
        const KNOWN: [&str; 5] = [
            "CompliantInstances",
            "MissedByEvents",
            "NonCompliantInstances",
            "OpenViolations",
            "UnwrittenRecords",
        ];
        let data = |call| match call {
            Call::Metrics { data, .. } => {
                let sent = data.into_iter().map(|(name, value, _)| {
                    assert!(KNOWN.contains(&name.as_str()), "{name}");
                    (name, value)
                });
                Some(sent.collect())
            }
            _ => None,
        };
        self.all().into_iter().filter_map(data).collect()
    }

    /// The delayed messages, and their delays in seconds.
    pub fn delayed(&self) -> Vec<(Value, i32)> {
        let delay = |call| match call {
            Call::Delay { queue, messages } => {
                assert!(queue.ends_with("/delay"), "{queue}");
                messages
            }
            _ => Vec::new(),
        };
        let messages = self.all().into_iter().flat_map(delay);
        messages
            .map(|(body, seconds)| (serde_json::from_str(&body).unwrap(), seconds))
            .collect()
    }

    /// The values of the only filter of each lookup.
    pub fn lookups(&self) -> Vec<Vec<String>> {
        self.filters()
            .into_iter()
            .map(|mut filters| {
                assert_eq!(filters.len(), 1, "{filters:?}");
                filters.remove(0).1
            })
            .collect()
    }

    /// The filters of each lookup.
    pub fn filters(&self) -> Vec<Vec<(String, Vec<String>)>> {
        let describe = |call| match call {
            Call::Describe { filters, .. } => Some(filters),
            _ => None,
        };
        self.all().into_iter().filter_map(describe).collect()
    }
}
