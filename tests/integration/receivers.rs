//! The local receivers of channels' messages: what each holds. `RECEIVERS` names the file that they wrote when they started.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// The receivers that this machine runs.
pub struct Receivers(Value);

impl Receivers {
    /// None if channels reach the real ones.
    pub fn load() -> Option<Self> {
        let path = std::env::var("RECEIVERS").ok()?;
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let started: Value = serde_json::from_str(&text).unwrap();
        Some(Self(started["receivers"].clone()))
    }

    /// What a receiver holds.
    pub fn held(&self, name: &str) -> Value {
        let url = self.0[name]["url"].as_str().unwrap();
        get(&format!("{url}/_receiver/state?requests=no"))
    }

    /// What the receivers had to refuse.
    pub fn problems(&self) -> Vec<Value> {
        let names = self.0.as_object().unwrap().keys();
        let problems = names.map(|name| self.held(name)["problems"].clone());
        problems.filter(|it| it != &Value::Array(vec![])).collect()
    }

    /// The messages in Slack's channel.
    pub fn slack(&self) -> Vec<Value> {
        let channel = self.0["slack"]["channel"].as_str().unwrap();
        let held = self.held("slack");
        held["channels"][channel].as_array().unwrap().clone()
    }
}

/// What Amazon Q Developer posted, in the stand-in.
pub fn chat() -> Vec<Value> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let channels = get(&format!("{endpoint}/_standin/chat"));
    let channels = channels.as_object().unwrap().values();
    let posted = channels.flat_map(|it| it["notifications"].as_array().unwrap().clone());
    posted.collect()
}

/// The JSON of a server on this machine.
fn get(url: &str) -> Value {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    // With 1.0, the answer ends with the connection.
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{url}: {answer}");
    serde_json::from_str(body).unwrap()
}
