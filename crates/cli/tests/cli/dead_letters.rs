//! A stub of SQS and Lambda over HTTP, with a dead-letter queue and a function.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::stub::{Asked, Reply, Stub};
use crate::support::program;

pub const QUEUE: &str = "http://127.0.0.1:1/123456789012/tag-compliance-dlq-prod";
pub const FUNCTION: &str = "tag-compliance-checker-prod";

/// The queue's messages, and its faults.
#[derive(Debug, Default)]
pub struct Contents {
    pub letters: Vec<Letter>,
    pub redrive_policy: Option<&'static str>,
    /// A call to refuse.
    pub denied: Option<&'static str>,
    /// Receipts whose entries in batches are refused.
    pub refused_receipts: Vec<&'static str>,
    /// An invalid message count.
    pub is_uncounted: bool,
    /// Where it waits before it returns messages.
    pub pause: Option<Pause>,
}

/// A point at which a stub waits for the test.
#[derive(Debug)]
pub struct Pause {
    reached: Sender<()>,
    is_over: Receiver<()>,
}

/// The test's side. Dropping it releases the stub for good.
#[derive(Debug)]
pub struct Paused {
    pub reached: Receiver<()>,
    _holds: Sender<()>,
}

impl Pause {
    pub fn new() -> (Self, Paused) {
        let (tell, reached) = mpsc::channel();
        let (holds, is_over) = mpsc::channel();
        let pause = Self {
            reached: tell,
            is_over,
        };
        let paused = Paused {
            reached,
            _holds: holds,
        };
        (pause, paused)
    }

    pub fn wait(&self) {
        if self.reached.send(()).is_ok() {
            let _ = self.is_over.recv();
        }
    }
}

#[derive(Debug, Default)]
pub struct Letter {
    pub id: &'static str,
    pub body: String,
    pub is_hidden: bool,
    /// Returned by every call, even after it was received.
    pub comes_again: bool,
    pub receipts: usize,
}

impl Letter {
    fn receipt(&self) -> String {
        format!("{}-{}", self.id, self.receipts)
    }

    fn message(&mut self) -> Value {
        self.receipts += 1;
        self.is_hidden = true;
        json!({
            "MessageId": self.id, "ReceiptHandle": self.receipt(), "Body": self.body,
            "MessageAttributes": {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}},
        })
    }
}

/// A message with an event about an instance.
pub fn letter(id: &'static str, instance_id: &str) -> Letter {
    let event = json!({
        "id": format!("event-{id}"), "source": "aws.ec2", "time": "2025-12-03T09:59:58Z",
        "detail-type": "EC2 Instance State-change Notification",
        "detail": {"instance-id": instance_id, "state": "running"},
    });
    Letter {
        id,
        body: event.to_string(),
        ..Letter::default()
    }
}

pub struct Queue {
    pub stub: Stub,
    contents: Arc<Mutex<Contents>>,
}

impl Queue {
    pub fn of(letters: Vec<Letter>) -> Self {
        Self::start(Contents {
            letters,
            ..Contents::default()
        })
    }

    pub fn start(contents: Contents) -> Self {
        let contents = Arc::new(Mutex::new(contents));
        let served = Arc::clone(&contents);
        let stub = Stub::serve(move |asked| answer(&mut served.lock().unwrap(), asked));
        Self { stub, contents }
    }

    /// The ids of the visible messages.
    pub fn visible(&self) -> Vec<&'static str> {
        self.ids(|letter| !letter.is_hidden)
    }

    pub fn all(&self) -> Vec<&'static str> {
        self.ids(|_| true)
    }

    fn ids(&self, is_meant: impl Fn(&Letter) -> bool) -> Vec<&'static str> {
        let contents = self.contents.lock().unwrap();
        let letters = contents.letters.iter().filter(|letter| is_meant(letter));
        letters.map(|letter| letter.id).collect()
    }

    /// The requests for this operation.
    pub fn calls(&self, operation: &str) -> Vec<Value> {
        let asked = self.stub.asked().into_iter();
        let calls = asked.filter(|asked| name(asked) == operation);
        calls
            .map(|asked| serde_json::from_str(&asked.body).unwrap())
            .collect()
    }
}

fn name(asked: &Asked) -> &str {
    let target = asked.header("x-amz-target").unwrap();
    target.strip_prefix("AmazonSQS.").unwrap()
}

fn answer(contents: &mut Contents, asked: &Asked) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let operation = name(asked);
    if contents.denied == Some(operation) {
        let error = json!({"__type": "com.amazon.coral.service#AccessDenied", "message": "No."});
        return Reply::Answer("403 Forbidden", error.to_string());
    }
    let answer = match operation {
        "GetQueueAttributes" => state(contents),
        "ReceiveMessage" => {
            contents.pause.iter().for_each(Pause::wait);
            let limit = body["MaxNumberOfMessages"].as_u64().unwrap();
            let letters = contents.letters.iter_mut();
            let visible = letters.filter(|letter| !letter.is_hidden || letter.comes_again);
            let received = visible.take(usize::try_from(limit).unwrap());
            json!({"Messages": received.map(Letter::message).collect::<Vec<_>>()})
        }
        _ => batch(contents, operation, &body),
    };
    Reply::Answer("200 OK", answer.to_string())
}

fn state(contents: &Contents) -> Value {
    let hidden = contents.letters.iter().filter(|letter| letter.is_hidden);
    let hidden = hidden.count();
    let waiting = (contents.letters.len() - hidden).to_string();
    let mut attributes = json!({
        "ApproximateNumberOfMessages": if contents.is_uncounted { "many" } else { &waiting },
        "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
    });
    if let Some(policy) = contents.redrive_policy {
        attributes["RedrivePolicy"] = json!(policy);
    }
    json!({"Attributes": attributes})
}

fn batch(contents: &mut Contents, operation: &str, body: &Value) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in body["Entries"].as_array().unwrap() {
        let (id, receipt) = (&entry["Id"], entry["ReceiptHandle"].as_str().unwrap());
        let place = contents.letters.iter();
        let place = place
            .enumerate()
            .find(|(_, letter)| letter.receipt() == receipt);
        let place = place.map(|(index, _)| index);
        let is_refused = contents.refused_receipts.contains(&receipt);
        let (Some(place), false) = (place, is_refused) else {
            failed.push(json!({"Id": id, "SenderFault": true, "Code": "ReceiptHandleIsInvalid"}));
            continue;
        };
        if operation == "DeleteMessageBatch" {
            contents.letters.remove(place);
        } else {
            assert_eq!(entry["VisibilityTimeout"], 0);
            contents.letters[place].is_hidden = false;
        }
        successful.push(json!({"Id": id}));
    }
    json!({"Successful": successful, "Failed": failed})
}

/// A function that answers with this, and the events that it got.
pub fn function(mut reply: impl FnMut(&Value) -> Reply + Send + 'static) -> Stub {
    Stub::serve(move |asked| {
        assert_eq!(
            asked.line,
            format!("POST /2015-03-31/functions/{FUNCTION}/invocations HTTP/1.1")
        );
        reply(&serde_json::from_str(&asked.body).unwrap())
    })
}

pub fn ok(answer: &Value) -> Reply {
    Reply::Answer("200 OK", answer.to_string())
}

/// Accepts every event.
pub fn accept(event: &Value) -> Reply {
    let id = &event["detail"]["instance-id"];
    ok(&json!({"statusCode": 200, "status": "non-compliant", "instanceId": id}))
}

/// Environment variables that lead to the stubs.
pub fn settings(queue: &Queue, function: &Stub) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_SQS", queue.stub.endpoint.clone()),
        ("AWS_ENDPOINT_URL_LAMBDA", function.endpoint.clone()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "ENVIRONMENT".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
    ]
}

/// A redrive from this queue to this function, at a pace that never slows a test.
pub fn redrive(queue: &Queue, function: &Stub, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .args(["redrive", "--queue-url", QUEUE])
        .args(arguments);
    if !arguments.contains(&"--drop") {
        command.args(["--function", FUNCTION, "--rate", "1000"]);
    }
    command.envs(settings(queue, function));
    command
}
