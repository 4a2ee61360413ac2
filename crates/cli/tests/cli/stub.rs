//! EC2's `DescribeInstances` over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::fleet::{Described, fleet};

/// What the program asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub region: String,
    pub access_key: String,
    /// URL-encoded, as EC2's query protocol has it.
    pub body: String,
}

/// How the stub answers.
#[derive(Debug, Clone, Copy)]
pub enum Mood {
    /// With the fleet.
    Fleet,
    /// With no instance.
    Empty,
    /// It refuses.
    Denied,
}

pub struct Stub {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = read(&stream);
                log.lock().unwrap().push(request.clone());
                write(stream, mood, &request);
            }
        });
        Self { endpoint, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let (mut length, mut access_key, mut region) = (0, String::new(), String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            // AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/ec2/aws4_request, …
            "authorization" => {
                let scope = value.split_once("Credential=").unwrap().1;
                let mut parts = scope.split('/');
                parts.next().unwrap().clone_into(&mut access_key);
                parts.nth(1).unwrap().clone_into(&mut region);
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Asked {
        region,
        access_key,
        body: String::from_utf8(body).unwrap(),
    }
}

fn write(mut stream: TcpStream, mood: Mood, asked: &Asked) {
    let second_page = asked.body.contains("NextToken=second");
    let (status, xml) = match mood {
        Mood::Denied => (
            "403 Forbidden",
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code>\
             <Message>You are not authorized to perform this operation.</Message></Error></Errors>\
             <RequestID>r</RequestID></Response>"
                .to_owned(),
        ),
        Mood::Empty => ("200 OK", page(&[], None)),
        Mood::Fleet => {
            let fleet = fleet(&asked.region);
            let (first, second) = fleet.split_at(fleet.len() / 2);
            let page = if second_page {
                page(second, None)
            } else {
                page(first, Some("second"))
            };
            ("200 OK", page)
        }
    };
    let length = xml.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(xml.as_bytes()).unwrap();
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
    let Described {
        id,
        state,
        launched_on,
        ..
    } = instance;
    format!(
        "<item><instanceId>i-000000000000000{id}</instanceId>\
         <instanceState><code>0</code><name>{state}</name></instanceState>\
         <launchTime>{launched_on}T08:00:00.000Z</launchTime><tagSet>{tags}</tagSet></item>"
    )
}

fn escaped(text: &str) -> String {
    let references = text.chars().map(|character| match character {
        ' ' | 'a'..='z' | 'A'..='Z' | '0'..='9' | ':' | '-' => character.to_string(),
        other => format!("&#{};", u32::from(other)),
    });
    references.collect()
}
