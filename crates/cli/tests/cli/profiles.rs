//! Credentials and regions of profiles in the AWS CLI's order, with stubs of STS, SSO and the sign-in service.

mod errors;
mod machine;
mod order;
mod roles;
mod sign_ins;

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::stub::{Asked, Mood, Reply, Stub, described, error};
use crate::support::{Answer, answer, file, path, policy, policy_file, program};

const ROLE: &str = "arn:aws:iam::111122223333:role/Auditor";
const BASE: &str = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n\
                    region = eu-west-1\n";

/// The services that provide credentials, and an EC2 without instances.
fn serve(asked: &Asked) -> Reply {
    let ok = |body: &str| Reply::Answer("200 OK", body.to_owned());
    match asked.action() {
        "DescribeInstances" => described(Mood::Empty, asked),
        action @ ("AssumeRole" | "AssumeRoleWithWebIdentity") => ok(&format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
             <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
             </Credentials></{action}Result></{action}Response>"
        )),
        line if line.starts_with("GET /federation/credentials?") => ok(
            "{\"roleCredentials\": {\"accessKeyId\": \"ASIASSO\", \"secretAccessKey\": \"s\", \
             \"sessionToken\": \"t\", \"expiration\": 4070908800000}}",
        ),
        line if line.starts_with("POST /token ") => {
            ok("{\"accessToken\": \"renewed\", \"expiresIn\": 900, \"tokenType\": \"Bearer\"}")
        }
        line if line.starts_with("POST /v1/token ") => ok(
            "{\"accessToken\": {\"accessKeyId\": \"ASIAREFRESHED\", \"secretAccessKey\": \"s\", \
             \"sessionToken\": \"t\"}, \"tokenType\": \"aws_sigv4\", \"expiresIn\": 900, \
             \"refreshToken\": \"next\"}",
        ),
        line if line.starts_with("GET /container ") => ok(
            "{\"AccessKeyId\": \"ASIACONTAINER\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", \
             \"Expiration\": \"2099-01-01T00:00:00Z\"}",
        ),
        // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
        line if line.starts_with("PUT /latest/api/token ") => ok("session"),
        line if line.ends_with("/iam/security-credentials/ HTTP/1.1") => ok("Watcher"),
        line if line.ends_with("/iam/security-credentials/Watcher HTTP/1.1") => ok(
            "{\"Code\": \"Success\", \"Type\": \"AWS-HMAC\", \"AccessKeyId\": \"ASIAINSTANCE\", \
             \"SecretAccessKey\": \"s\", \"Token\": \"t\", \
             \"LastUpdated\": \"2025-01-01T00:00:00Z\", \"Expiration\": \"2099-01-01T00:00:00Z\"}",
        ),
        line if line.ends_with("/placement/region HTTP/1.1") => ok("ca-central-1"),
        _ => error("400 Bad Request", "InvalidAction", "not known here"),
    }
}

/// A scan with these configuration files, and a home of its own.
struct Scan {
    stub: Stub,
    command: Command,
    home: String,
}

impl Scan {
    fn new(name: &str, config: &str) -> Self {
        Self::served(name, config, serve)
    }

    fn served(
        name: &str,
        config: &str,
        serve: impl FnMut(&Asked) -> Reply + Send + 'static,
    ) -> Self {
        let stub = Stub::serve(serve);
        let policy = policy_file(&format!("profiles-{name}-policy.json"), &policy());
        let home = path(&format!("profiles-{name}-home"));
        // A sign-in that an earlier run left must not be used.
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).unwrap();
        let home = home.into_os_string().into_string().unwrap();
        let mut command = program();
        command
            .args(["scan", "--policy", &policy])
            .env("AWS_ENDPOINT_URL", &stub.endpoint)
            .env("AWS_CONFIG_FILE", file(&format!("profiles-{name}"), config))
            .env("HOME", &home);
        Self {
            stub,
            command,
            home,
        }
    }

    fn with(mut self, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        self.command.args(arguments).envs(variables.iter().copied());
        self
    }

    fn home_file(self, name: &str, text: &str) -> Self {
        let path = Path::new(&self.home).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn run(&mut self) -> Answer {
        answer(&mut self.command)
    }

    #[track_caller]
    fn calls(mut self, expected: &[&str]) {
        let answer = self.run();
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert_eq!(self.stub.calls(), expected);
    }

    #[track_caller]
    fn fails(mut self, expected: &str) -> Vec<String> {
        let answer = self.run();
        assert_eq!(answer.code, Some(2), "{answer:?}");
        assert_eq!(answer.stdout, "");
        assert!(answer.stderr.contains(expected), "{}", answer.stderr);
        assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
        self.stub.calls()
    }
}

fn role_config(rest: &str) -> String {
    format!("{BASE}[profile audit]\nrole_arn = {ROLE}\nregion = eu-central-1\n{rest}")
}
