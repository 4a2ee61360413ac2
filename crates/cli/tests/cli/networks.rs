//! `scan` in corporate networks: proxies, certificate authorities and custom endpoints.

use assert_cmd::Command;

use crate::scan::scan;
use crate::stub::{Asked, Mood, Reply, Stub, described};
use crate::support::{answer, file};

const AUTHORITY: &str = include_str!("authority.pem");
/// PEM, but not a certificate.
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";

/// A proxy that doesn't exist, so that no test reaches AWS.
fn closed_proxy() -> Stub {
    Stub::serve(|_| Reply::Answer("502 Bad Gateway", String::new()))
}

fn open_proxy() -> Stub {
    Stub::serve(|asked| described(Mood::Empty, asked))
}

/// A scan that calls AWS itself, without retries.
fn scan_aws(name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = scan(&format!("networks-{name}"), "");
    command
        .env_remove("AWS_ENDPOINT_URL")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1")
        .envs(variables.iter().copied());
    command
}

/// The target of a scan, as a proxy sees it.
#[track_caller]
fn goes_to(name: &str, variables: &[(&str, &str)], expected: &str) -> Asked {
    let proxy = closed_proxy();
    let mut command = scan_aws(name, variables);
    let answer = answer(command.env("HTTPS_PROXY", &proxy.endpoint));
    assert_eq!(answer.code, Some(2), "{answer:?}");
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1, "{answer:?}");
    assert_eq!(asked[0].line, format!("CONNECT {expected}:443 HTTP/1.1"));
    asked[0].clone()
}

#[test]
fn a_proxy_is_asked_for_a_tunnel() {
    let proxy = closed_proxy();
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let mut command = scan_aws("tunnel", &[(variable, &proxy.endpoint)]);
        assert_eq!(answer(&mut command).code, Some(2));
    }
    let lines: Vec<_> = proxy.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(
        lines,
        ["CONNECT ec2.us-east-1.amazonaws.com:443 HTTP/1.1"; 2]
    );
}

#[test]
fn a_proxy_is_told_who_asks() {
    let proxy = closed_proxy();
    let with_user = proxy.endpoint.replace("http://", "http://jane:secret@");
    let answer = answer(&mut scan_aws("proxy-user", &[("HTTPS_PROXY", &with_user)]));
    assert_eq!(answer.code, Some(2));
    let asked = proxy.asked();
    assert_eq!(
        asked[0].header("proxy-authorization"),
        Some("Basic amFuZTpzZWNyZXQ=")
    );
    assert!(!answer.stderr.contains("secret"), "{}", answer.stderr);
}

#[test]
fn an_endpoint_without_tls_is_asked_for_by_the_other_variable() {
    let proxy = open_proxy();
    let mut command = scan("networks-http", "http://ec2.test");
    command.env("AWS_REGION", "us-east-1");
    let answer = answer(command.env("HTTP_PROXY", &proxy.endpoint));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(proxy.asked()[0].line, "POST http://ec2.test/ HTTP/1.1");
}

#[test]
fn what_needs_no_proxy_goes_past_it() {
    let (proxy, stub) = (closed_proxy(), open_proxy());
    let mut command = scan("networks-no-proxy", &stub.endpoint);
    command
        .env("AWS_REGION", "us-east-1")
        .env("HTTP_PROXY", &proxy.endpoint)
        .env("NO_PROXY", "localhost,127.0.0.1");
    assert_eq!(answer(&mut command).code, Some(0));
    assert_eq!(proxy.asked().len(), 0);
    assert_eq!(stub.asked().len(), 1);
}

#[test]
fn a_role_is_taken_on_by_the_proxy_too() {
    let config = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n\
                  [profile audit]\nsource_profile = base\nregion = us-east-1\n\
                  role_arn = arn:aws:iam::111122223333:role/Auditor\n";
    let config = file("networks-role-config", config);
    let proxy = closed_proxy();
    let mut command = scan_aws("role", &[("AWS_CONFIG_FILE", &config)]);
    command.args(["--profile", "audit"]);
    let answer = answer(command.env("HTTPS_PROXY", &proxy.endpoint));
    assert_eq!(answer.code, Some(2));
    let line = &proxy.asked()[0].line;
    assert_eq!(line, "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1");
}

#[test]
fn endpoints_are_those_that_the_aws_cli_would_take() {
    let ec2 = "ec2.us-east-1.amazonaws.com";
    goes_to(
        "fips",
        &[("AWS_USE_FIPS_ENDPOINT", "true")],
        "ec2-fips.us-east-1.amazonaws.com",
    );
    goes_to(
        "dual",
        &[("AWS_USE_DUALSTACK_ENDPOINT", "true")],
        "ec2.us-east-1.api.aws",
    );
    let global = ("AWS_ENDPOINT_URL", "https://all.test");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    goes_to("global", &[global], "all.test");
    goes_to(
        "service",
        &[global, ("AWS_ENDPOINT_URL_EC2", "https://ec2.test")],
        "ec2.test",
    );
    goes_to(
        "other-service",
        &[("AWS_ENDPOINT_URL_STS", "https://sts.test")],
        ec2,
    );
    goes_to("ignored", &[global, ignore], ec2);
    let config = "[default]\nservices = corp\nendpoint_url = https://profile.test\n\
                  [services corp]\nec2 =\n  endpoint_url = https://services.test\n\
                  [profile all]\nendpoint_url = https://profile.test\n\
                  [profile fips]\nuse_fips_endpoint = true\n\
                  [profile dual]\nuse_dualstack_endpoint = true\n\
                  [profile ignored]\nendpoint_url = https://profile.test\n\
                  ignore_configured_endpoint_urls = true\n";
    let config = file("networks-endpoints-config", config);
    let config = ("AWS_CONFIG_FILE", config.as_str());
    goes_to("services", &[config], "services.test");
    for (profile, host) in [
        ("all", "profile.test"),
        ("fips", "ec2-fips.us-east-1.amazonaws.com"),
        ("dual", "ec2.us-east-1.api.aws"),
        ("ignored", ec2),
    ] {
        let name = format!("profile-{profile}");
        goes_to(&name, &[config, ("AWS_PROFILE", profile)], host);
    }
    let variables = [config, ("AWS_PROFILE", "all"), global];
    goes_to("variable-first", &variables, "all.test");
}

#[test]
fn an_endpoint_that_is_no_url_is_an_error() {
    let config = file(
        "networks-bad-endpoint-config",
        "[default]\nendpoint_url = ec2.test\n",
    );
    let services = file(
        "networks-bad-services-config",
        "[default]\nservices = corp\n[services corp]\nsqs =\n  endpoint_url =\n",
    );
    let of_services = "endpoint_url of sqs in the services \"corp\": \"\"";
    let of_profile = "endpoint_url of the profile \"default\": \"ec2.test\"";
    for (variable, value, expected) in [
        ("AWS_ENDPOINT_URL", "", "AWS_ENDPOINT_URL: \"\""),
        (
            "AWS_ENDPOINT_URL",
            "localhost:4566",
            "AWS_ENDPOINT_URL: \"localhost:4566\"",
        ),
        (
            "AWS_ENDPOINT_URL_EC2",
            "https://",
            "AWS_ENDPOINT_URL_EC2: \"https://\"",
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "http://a b",
            "AWS_ENDPOINT_URL_STS: \"http://a b\"",
        ),
        ("AWS_ENDPOINT_URL_SQS", "", "AWS_ENDPOINT_URL_SQS: \"\""),
        (
            "AWS_ENDPOINT_URL_LAMBDA",
            "http://[bad",
            "AWS_ENDPOINT_URL_LAMBDA: \"http://[bad\"",
        ),
        ("AWS_CONFIG_FILE", &config, of_profile),
        ("AWS_CONFIG_FILE", &services, of_services),
    ] {
        let answer = answer(&mut scan_aws("bad-endpoint", &[(variable, value)]));
        assert_eq!(answer.code, Some(2));
        let expected =
            format!("error: {expected} is not a URL that begins with https:// or http://\n");
        assert_eq!(answer.stderr, expected);
    }
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let ec2 = "ec2.us-east-1.amazonaws.com";
    goes_to("ignored-endpoint", &[("AWS_ENDPOINT_URL", ""), ignore], ec2);
}

#[test]
fn a_scheme_may_be_in_capitals() {
    let stub = open_proxy();
    let endpoint = stub.endpoint.replace("http://", "HTTP://");
    let mut command = scan("networks-capitals", &endpoint);
    let answer = answer(command.env("AWS_REGION", "us-east-1"));
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn a_proxy_that_is_none_is_an_error_that_keeps_its_secret() {
    for (variable, value) in [
        ("HTTPS_PROXY", "::::"),
        ("https_proxy", "http://jane:secret@corp proxy:3128"),
        ("HTTP_PROXY", "socks5://jane:secret@proxy:1080"),
        ("all_proxy", "http://jane:secret@proxy:99999"),
    ] {
        let answer = answer(&mut scan_aws("bad-proxy", &[(variable, value)]));
        assert_eq!(answer.code, Some(2));
        let expected = format!(
            "error: {variable}: expected the URL of a proxy, such as http://proxy.example.com:3128\n"
        );
        assert_eq!(answer.stderr, expected);
    }
    let stub = open_proxy();
    let mut command = scan("networks-empty-proxy", &stub.endpoint);
    let variables = [("AWS_REGION", "us-east-1"), ("HTTP_PROXY", "")];
    assert_eq!(answer(command.envs(variables)).code, Some(0));
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let proxy = closed_proxy();
    let url = proxy.endpoint.replace("http://", "http://jane:secret@");
    let address = proxy.endpoint.replace("http://", "");
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        let answer = answer(&mut scan_aws("named-proxy", &[(variable, &url)]));
        assert_eq!(answer.code, Some(2));
        let expected = format!("no answer: no way through the proxy {address} of {variable}: ");
        assert!(answer.stderr.contains(&expected), "{}", answer.stderr);
        assert!(!answer.stderr.contains("secret"), "{}", answer.stderr);
    }
    let config = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n\
                  [profile audit]\nsource_profile = base\nregion = us-east-1\n\
                  role_arn = arn:aws:iam::111122223333:role/Auditor\n";
    let config = file("networks-named-proxy-config", config);
    let variables = [("AWS_CONFIG_FILE", config.as_str()), ("HTTPS_PROXY", &url)];
    let mut command = scan_aws("named-proxy-role", &variables);
    let answer = answer(command.args(["--profile", "audit"]));
    let expected = format!("no way through the proxy {address} of HTTPS_PROXY: ");
    assert!(answer.stderr.contains(&expected), "{}", answer.stderr);
}

#[test]
fn an_execution_environment_that_no_header_can_hold_is_an_error() {
    let variable = ("AWS_EXECUTION_ENV", "a\nb");
    let answer = answer(&mut scan_aws("agent", &[variable]));
    assert_eq!(answer.code, Some(2));
    let expected = "error: AWS_EXECUTION_ENV: \"a\\nb\" is not text on one line\n";
    assert_eq!(answer.stderr, expected);
}

#[test]
fn authorities_are_those_of_the_first_setting() {
    let good = file("networks-authority.pem", AUTHORITY);
    let mixed = file(
        "networks-mixed.pem",
        &format!("Corp\n{NO_CERTIFICATE}{AUTHORITY}"),
    );
    let with_good = file(
        "networks-good-config",
        &format!("[default]\nca_bundle = {good}\n"),
    );
    let with_bad = file("networks-bad-config", "[default]\nca_bundle = /nowhere/2\n");
    let ec2 = "ec2.us-east-1.amazonaws.com";
    let bad = ("REQUESTS_CA_BUNDLE", "/nowhere/3");
    goes_to("ca", &[("AWS_CA_BUNDLE", &good), bad], ec2);
    goes_to("ca-mixed", &[("AWS_CA_BUNDLE", &mixed)], ec2);
    goes_to("ca-empty", &[("AWS_CA_BUNDLE", "")], ec2);
    goes_to("ca-profile", &[("AWS_CONFIG_FILE", &with_good), bad], ec2);
    goes_to(
        "ca-order",
        &[("AWS_CA_BUNDLE", &good), ("AWS_CONFIG_FILE", &with_bad)],
        ec2,
    );
    goes_to("ca-requests", &[("REQUESTS_CA_BUNDLE", &good)], ec2);
}

#[test]
fn authorities_that_cannot_be_read_are_an_error_that_names_setting_and_file() {
    let text = file("networks-text.pem", "no certificates\n");
    let broken = file("networks-broken.pem", NO_CERTIFICATE);
    let half = file("networks-half.pem", &AUTHORITY[..200]);
    let config = file(
        "networks-ca-config",
        "[default]\nca_bundle = /nowhere/ca.pem\n",
    );
    let in_pem = "no certificates in PEM, which begin with -----BEGIN CERTIFICATE-----";
    for (variable, value, expected) in [
        (
            "AWS_CA_BUNDLE",
            "/nowhere/ca.pem",
            "AWS_CA_BUNDLE: /nowhere/ca.pem: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "AWS_CONFIG_FILE",
            &config,
            "ca_bundle of the profile \"default\": /nowhere/ca.pem: No such file or directory \
             (os error 2)"
                .to_owned(),
        ),
        (
            "REQUESTS_CA_BUNDLE",
            "/nowhere/ca.pem",
            "REQUESTS_CA_BUNDLE: /nowhere/ca.pem: No such file or directory (os error 2)"
                .to_owned(),
        ),
        (
            "AWS_CA_BUNDLE",
            &text,
            format!("AWS_CA_BUNDLE: {text}: {in_pem}"),
        ),
        (
            "AWS_CA_BUNDLE",
            &broken,
            format!("AWS_CA_BUNDLE: {broken}: {in_pem}"),
        ),
        (
            "AWS_CA_BUNDLE",
            &half,
            format!("AWS_CA_BUNDLE: {half}: {in_pem}"),
        ),
    ] {
        let answer = answer(&mut scan_aws("bad-ca", &[(variable, value)]));
        assert_eq!(answer.code, Some(2));
        assert_eq!(answer.stderr, format!("error: {expected}\n"));
    }
}
