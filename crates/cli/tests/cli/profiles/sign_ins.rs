//! Sign-ins by SSO and `aws login`, and credential processes.

use std::fs;

use super::{ROLE, Scan};
use crate::scan::scan;
use crate::stub::{Mood, Stub};
use crate::support::{Answer, answer, file, path};

const USER: &str = "arn:aws:iam::111122223333:user/jane";
const SSO: &str = "sso_account_id = 111122223333\nsso_role_name = Auditor\nregion = eu-central-1\n";
/// The name is the SHA-1 of the session's name.
const SSO_CACHED: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const SSO_TOKEN: &str = "{\"accessToken\": \"signed-in\", \"expiresAt\": \"2099-01-01T00:00:00Z\"}";

fn sso_session() -> String {
    format!(
        "[profile audit]\nsso_session = corp\n{SSO}[sso-session corp]\nsso_region = us-east-1\n\
         sso_start_url = https://corp.awsapps.com/start\n"
    )
}

#[test]
fn a_sign_in_by_sso_is_used_in_both_its_forms() {
    let calls = [
        "GET /federation/credentials?role_name=Auditor&account_id=111122223333 HTTP/1.1",
        "DescribeInstances eu-central-1 ASIASSO",
    ];
    Scan::new("sso-session", &sso_session())
        .home_file(SSO_CACHED, SSO_TOKEN)
        .with(&["--profile", "audit"], &[])
        .calls(&calls);
    // The name is the SHA-1 of the start URL.
    let cached = ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json";
    let legacy = format!(
        "[profile audit]\n{SSO}sso_region = us-east-1\n\
         sso_start_url = https://corp.awsapps.com/start\n"
    );
    Scan::new("sso-legacy", &legacy)
        .home_file(cached, SSO_TOKEN)
        .with(&["--profile", "audit"], &[])
        .calls(&calls);
}

#[test]
fn a_sign_in_by_sso_is_renewed() {
    let expired = "{\"accessToken\": \"signed-in\", \"expiresAt\": \"2025-01-01T00:00:00Z\", \
                   \"refreshToken\": \"first\", \"clientId\": \"id\", \"clientSecret\": \"s\", \
                   \"registrationExpiresAt\": \"2099-01-01T00:00:00Z\", \"region\": \"us-east-1\", \
                   \"startUrl\": \"https://corp.awsapps.com/start\"}";
    Scan::new("sso-renewed", &sso_session())
        .home_file(SSO_CACHED, expired)
        .with(&["--profile", "audit"], &[])
        .calls(&[
            "POST /token HTTP/1.1",
            "GET /federation/credentials?role_name=Auditor&account_id=111122223333 HTTP/1.1",
            "DescribeInstances eu-central-1 ASIASSO",
        ]);
}

#[test]
fn a_role_follows_a_sign_in_by_sso() {
    let config = format!(
        "{}[profile team]\nrole_arn = {ROLE}\nsource_profile = audit\nregion = eu-central-1\n",
        sso_session()
    );
    Scan::new("sso-role", &config)
        .home_file(SSO_CACHED, SSO_TOKEN)
        .with(&["--profile", "team"], &[])
        .calls(&[
            "GET /federation/credentials?role_name=Auditor&account_id=111122223333 HTTP/1.1",
            "AssumeRole eu-central-1 ASIASSO",
            "DescribeInstances eu-central-1 ASIAROLE",
        ]);
    // The profile to sign in again is the source profile.
    let calls = Scan::new("sso-role-over", &config)
        .with(&["--profile", "team"], &[])
        .fails("; aws sso login --profile audit signs in again");
    assert_eq!(calls, [""; 0]);
}

/// The cache file of `aws login`. The key was made for this test and opens nothing.
fn login_token(expires: &str) -> String {
    let kind = "EC PRIVATE KEY";
    let key = include_str!("login_key.txt").trim().replace('\n', "\\n");
    format!(
        "{{\"accessToken\": {{\"accessKeyId\": \"ASIALOGIN\", \"secretAccessKey\": \"s\", \
         \"sessionToken\": \"t\", \"accountId\": \"111122223333\", \"expiresAt\": \"{expires}\"}}, \
         \"tokenType\": \"aws_sigv4\", \"refreshToken\": \"first\", \
         \"clientId\": \"arn:aws:signin:::devtools/same-device\", \
         \"dpopKey\": \"-----BEGIN {kind}-----\\n{key}\\n-----END {kind}-----\\n\"}}"
    )
}

#[test]
fn a_sign_in_by_aws_login_is_used_and_renewed() {
    let config = format!("[profile dev]\nlogin_session = {USER}\nregion = eu-central-1\n");
    // The file is named after the SHA-256 of the session's name.
    let cached = ".aws/login/cache/\
                  b1abda7fa13f8cc94a6e2fab6084b3c9f8ebc6100820b2ab67cbdfadc642d402.json";
    Scan::new("login", &config)
        .home_file(cached, &login_token("2099-01-01T00:00:00Z"))
        .with(&["--profile", "dev"], &[])
        .calls(&["DescribeInstances eu-central-1 ASIALOGIN"]);
    Scan::new("login-renewed", &config)
        .home_file(cached, &login_token("2025-01-01T00:00:00Z"))
        .with(&["--profile", "dev"], &[])
        .calls(&[
            "POST /v1/token HTTP/1.1",
            "DescribeInstances eu-central-1 ASIAREFRESHED",
        ]);
    let calls = Scan::new("login-missing", &config)
        .with(&["--profile", "dev"], &[])
        .fails("; aws login --profile dev signs in again");
    assert_eq!(calls, [""; 0]);
}

#[test]
fn a_process_gives_credentials() {
    let config = "[profile vault]\nregion = eu-central-1\ncredential_process = echo \
                  '{\"Version\": 1, \"AccessKeyId\": \"AKIDPROCESS\", \"SecretAccessKey\": \"s\"}'\n";
    let mut scan = Scan::new("process", config).with(&["--profile", "vault"], &[]);
    scan.command.env("PATH", std::env::var_os("PATH").unwrap());
    scan.calls(&["DescribeInstances eu-central-1 AKIDPROCESS"]);
}

/// A scan with the credentials of a process that gives these answers in turn, and how often it ran.
fn scan_by_process(name: &str, regions: &str, answers: [(&str, &str); 2]) -> (Answer, Stub, usize) {
    let directory = path(&format!("process-{name}"));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let directory = directory.to_str().unwrap();
    let [first, later] = answers.map(|(key, expiration)| {
        format!(
            "{{\"Version\": 1, \"AccessKeyId\": \"{key}\", \"SecretAccessKey\": \"s\", \
             \"Expiration\": \"{expiration}\"}}"
        )
    });
    fs::write(format!("{directory}/first"), first).unwrap();
    fs::write(format!("{directory}/later"), later).unwrap();
    let process = format!(
        "cd '{directory}'; if test -e asked; then cat later; else cat first; fi; echo >> asked"
    );
    let process = file(&format!("process-{name}.sh"), &process);
    let config = format!("[profile vault]\ncredential_process = sh {process}\n");
    let stub = Stub::start(Mood::Fleet);
    let mut command = scan(&format!("process-{name}"), &stub.endpoint);
    command
        .args(["--region", regions, "--profile", "vault", "--format=json"])
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env(
            "AWS_CONFIG_FILE",
            file(&format!("process-{name}-config"), &config),
        );
    let answer = answer(&mut command);
    let asked = fs::read_to_string(format!("{directory}/asked")).unwrap();
    (answer, stub, asked.lines().count())
}

const PAST: &str = "2025-01-01T00:00:00Z";
const FUTURE: &str = "2099-01-01T00:00:00Z";

#[test]
fn all_regions_share_what_a_process_gave_once() {
    let answers = [("AKIDFIRST", FUTURE), ("AKIDLATER", FUTURE)];
    let (answer, stub, asked) = scan_by_process("once", "us-east-1,eu-central-1", answers);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(asked, 1);
    let asked = stub.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|asked| asked.access_key == "AKIDFIRST"));
}

#[test]
fn credentials_that_end_during_a_scan_are_fetched_again() {
    let answers = [("AKIDFIRST", PAST), ("AKIDLATER", FUTURE)];
    let (answer, stub, asked) = scan_by_process("renewed", "us-east-1", answers);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(asked, 2);
    let keys: Vec<_> = stub.asked().into_iter().map(|it| it.access_key).collect();
    assert_eq!(keys, ["AKIDFIRST", "AKIDLATER"]);
    let answers = [("AKIDFIRST", PAST), ("AKID\u{e9}", FUTURE)];
    let (answer, _, _) = scan_by_process("renewed-badly", "us-east-1", answers);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    let expected = "the access key id \"AKID\u{e9}\" may hold only letters and digits";
    assert!(answer.stderr.contains(expected), "{}", answer.stderr);
}
