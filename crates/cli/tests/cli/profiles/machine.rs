//! Credentials of the machine: of its container, of its instance, and from custom endpoints.

use super::{Scan, role_config, serve};
use crate::stub::Stub;

#[test]
fn a_profile_without_credentials_has_those_of_the_container() {
    let scan = Scan::new("container", "[profile here]\nregion = eu-central-1\n");
    let container = format!("{}/container", scan.stub.endpoint);
    scan.with(
        &["--profile", "here"],
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container)],
    )
    .calls(&[
        "GET /container HTTP/1.1",
        "DescribeInstances eu-central-1 ASIACONTAINER",
    ]);
}

#[test]
fn an_instance_has_the_credentials_of_its_role_and_its_region() {
    let on_instance = |name: &str, config: &str, arguments: &[&str]| {
        let scan = Scan::new(name, config);
        let metadata = scan.stub.endpoint.clone();
        let mut scan = scan.with(
            arguments,
            &[
                ("AWS_EC2_METADATA_DISABLED", "false"),
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata),
            ],
        );
        let answer = scan.run();
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let calls = scan.stub.calls();
        calls
            .into_iter()
            .filter(|call| !call.contains("HTTP/1.1"))
            .collect::<Vec<_>>()
    };
    let bare = on_instance("instance", "", &[]);
    assert_eq!(bare, ["DescribeInstances ca-central-1 ASIAINSTANCE"]);
    let config = role_config("credential_source = Ec2InstanceMetadata\n");
    let role = on_instance("instance-role", &config, &["--profile", "audit"]);
    let calls = [
        "AssumeRole eu-central-1 ASIAINSTANCE",
        "DescribeInstances eu-central-1 ASIAROLE",
    ];
    assert_eq!(role, calls);
}

#[test]
fn what_is_on_the_machine_itself_needs_no_proxy() {
    let proxy = Stub::serve(serve);
    let scan = Scan::new("container-proxy", "[profile here]\nregion = eu-central-1\n");
    let container = format!("{}/container", scan.stub.endpoint);
    scan.with(
        &["--profile", "here"],
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container),
            ("HTTP_PROXY", &proxy.endpoint),
        ],
    )
    .calls(&["GET /container HTTP/1.1"]);
    assert_eq!(
        proxy.calls(),
        ["DescribeInstances eu-central-1 ASIACONTAINER"]
    );
}

#[test]
fn sts_may_have_an_endpoint_of_its_own() {
    let sts = Stub::serve(serve);
    let config = role_config("source_profile = base\n");
    Scan::new("sts-endpoint", &config)
        .with(
            &["--profile", "audit"],
            &[("AWS_ENDPOINT_URL_STS", &sts.endpoint)],
        )
        .calls(&["DescribeInstances eu-central-1 ASIAROLE"]);
    assert_eq!(sts.calls(), ["AssumeRole eu-central-1 AKIDBASE"]);
}
