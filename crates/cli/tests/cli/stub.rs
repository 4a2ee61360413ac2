//! A stub of AWS over HTTP: EC2's `DescribeInstances`, or any answers of a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::fleet::{Described, fleet};

/// A request of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// For example `POST / HTTP/1.1`.
    pub line: String,
    /// From the signature: access key, region and service.
    pub access_key: String,
    pub region: String,
    pub service: String,
    pub headers: Vec<(String, String)>,
    /// URL-encoded, as EC2's query protocol has it.
    pub body: String,
}

impl Asked {
    /// The action of a query protocol, or else the request line.
    pub fn action(&self) -> &str {
        let parameters = self.body.split('&');
        let mut actions = parameters.filter_map(|it| it.strip_prefix("Action="));
        actions.next().unwrap_or(&self.line)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let header = headers.find(|(header, _)| header == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// The stub's answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status such as `200 OK`, and a body.
    Answer(&'static str, String),
    /// The answer of a Lambda function that failed.
    FunctionError(String),
    /// The connection ends without an answer.
    Reset,
    /// The connection ends in the middle of this answer.
    Torn(String),
}

/// How the stub answers.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// With the fleet.
    Fleet,
    /// With no instance.
    Empty,
    /// It refuses the call.
    Denied,
}

pub struct Stub {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub fn start(mood: Mood) -> Self {
        Self::serve(move |asked| described(mood, asked))
    }

    /// Answers with a function, one request at a time.
    pub fn serve(mut reply: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = read(&stream);
                log.lock().unwrap().push(request.clone());
                match reply(&request) {
                    Reply::Answer(status, body) => write(stream, status, "", &body, body.len()),
                    Reply::FunctionError(body) => {
                        let header = "x-amz-function-error: Unhandled\r\n";
                        write(stream, "200 OK", header, &body, body.len());
                    }
                    Reply::Torn(body) => write(stream, "200 OK", "", &body, body.len() + 1),
                    Reply::Reset => drop(stream),
                }
            }
        });
        Self { endpoint, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The actions of the requests, with region and access key.
    pub fn calls(&self) -> Vec<String> {
        let call = |asked: Asked| {
            let key = asked.access_key.as_str();
            format!("{} {} {key}", asked.action(), asked.region)
        };
        let calls = self.asked().into_iter().map(call);
        calls.map(|call| call.trim_end().to_owned()).collect()
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut asked = Asked::default();
    let mut length = 0;
    reader.read_line(&mut asked.line).unwrap();
    asked.line = asked.line.trim().to_owned();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        let name = name.to_lowercase();
        match name.as_str() {
            "content-length" => length = value.parse().unwrap(),
            // AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/<service>/aws4_request, …
            "authorization" => {
                if let Some((_, scope)) = value.split_once("Credential=") {
                    let parts: Vec<_> = scope.split('/').collect();
                    parts[0].clone_into(&mut asked.access_key);
                    parts[2].clone_into(&mut asked.region);
                    parts[3].clone_into(&mut asked.service);
                }
            }
            _ => {}
        }
        asked.headers.push((name, value.to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    asked.body = String::from_utf8(body).unwrap();
    asked
}

/// EC2's answer to `DescribeInstances`.
pub fn described(mood: Mood, asked: &Asked) -> Reply {
    let second_page = asked.body.contains("NextToken=second");
    match mood {
        Mood::Denied => error(
            "403 Forbidden",
            "UnauthorizedOperation",
            "You are not authorized to perform this operation.",
        ),
        Mood::Empty => Reply::Answer("200 OK", page(&[], None)),
        Mood::Fleet => {
            let fleet = fleet(&asked.region);
            let (first, second) = fleet.split_at(fleet.len() / 2);
            let page = if second_page {
                page(second, None)
            } else {
                page(first, Some("second"))
            };
            Reply::Answer("200 OK", page)
        }
    }
}

/// An error of EC2.
pub fn error(status: &'static str, code: &str, message: &str) -> Reply {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>r</RequestID></Response>"
    );
    Reply::Answer(status, body)
}

/// Every answer has the lifetime of a metadata token, which other services' clients ignore.
fn write(mut stream: TcpStream, status: &str, header: &str, body: &str, length: usize) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\
         x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n{header}connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
}

fn page(instances: &[Described], next_token: Option<&str>) -> String {
    let items: String = instances.iter().map(item).collect();
    let token = next_token.map(|token| format!("<nextToken>{token}</nextToken>"));
    format!(
        "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>r</requestId><reservationSet><item><reservationId>r-1</reservationId>\
         <ownerId>123456789012</ownerId><instancesSet>{items}</instancesSet></item>\
         </reservationSet>{}</DescribeInstancesResponse>",
        token.unwrap_or_default()
    )
}

fn item(instance: &Described) -> String {
    let tag = |(key, value): (&str, &str)| {
        let (key, value) = (escaped(key), escaped(value));
        format!("<item><key>{key}</key><value>{value}</value></item>")
    };
    let tags: String = instance.tags().map(tag).collect();
    let Described { id, state, .. } = instance;
    let launched_at = instance.launched_at();
    let zone = instance.availability_zone();
    let instance_type = instance.instance_type();
    let instance_type = instance_type.map(|it| format!("<instanceType>{it}</instanceType>"));
    let instance_type = instance_type.unwrap_or_default();
    format!(
        "<item><instanceId>i-000000000000000{id}</instanceId>\
         <instanceState><code>0</code><name>{state}</name></instanceState>\
         {instance_type}<launchTime>{launched_at}</launchTime>\
         <placement><availabilityZone>{zone}</availabilityZone></placement><tagSet>{tags}</tagSet></item>"
    )
}

fn escaped(text: &str) -> String {
    let references = text.chars().map(|character| match character {
        ' ' | 'a'..='z' | 'A'..='Z' | '0'..='9' | ':' | '-' => character.to_string(),
        other => format!("&#{};", u32::from(other)),
    });
    references.collect()
}
