//! The audit log's bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{ExpirationStatus, LifecycleRuleFilter, ServerSideEncryption};
use serde_json::{Value, json};

use crate::deployment::Deployment;

#[tokio::test]
async fn the_public_is_kept_out() {
    let deployment = Deployment::load().await;
    let bucket = deployment.output("log_bucket_name");
    let block = deployment
        .s3
        .get_public_access_block()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!(block.block_public_acls(), Some(true));
    assert_eq!(block.block_public_policy(), Some(true));
    assert_eq!(block.ignore_public_acls(), Some(true));
    assert_eq!(block.restrict_public_buckets(), Some(true));
}

#[tokio::test]
async fn records_are_encrypted_not_versioned_and_expire() {
    let deployment = Deployment::load().await;
    let bucket = deployment.output("log_bucket_name");
    let s3 = &deployment.s3;

    let encryption = s3
        .get_bucket_encryption()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let rules = encryption
        .server_side_encryption_configuration()
        .unwrap()
        .rules();
    let [rule] = rules else { panic!("{rules:?}") };
    let algorithm = rule
        .apply_server_side_encryption_by_default()
        .unwrap()
        .sse_algorithm();
    assert_eq!(algorithm, &ServerSideEncryption::Aes256);

    let versioning = s3
        .get_bucket_versioning()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    assert_eq!(versioning.status(), None);

    let lifecycle = s3
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let [rule] = lifecycle.rules() else {
        panic!("{lifecycle:?}")
    };
    assert_eq!(rule.status(), &ExpirationStatus::Enabled);
    assert_eq!(rule.expiration().unwrap().days(), Some(30));
    let prefix = rule
        .filter()
        .and_then(LifecycleRuleFilter::prefix)
        .unwrap_or_default();
    assert_eq!(prefix, "", "every object expires");
}

#[tokio::test]
async fn the_policy_denies_all_without_tls_all_other_writers_and_all_deletes() {
    let deployment = Deployment::load().await;
    let bucket = deployment.output("log_bucket_name");
    let policy = deployment
        .s3
        .get_bucket_policy()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    let arn = deployment.output("log_bucket_arn");
    let objects = format!("{arn}/*");
    let denied = |sid: &str, action: Value, resource: Value| json!({"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource});
    let with = |mut statement: Value, condition: Value| {
        statement["Condition"] = condition;
        statement
    };
    assert_eq!(
        policy["Statement"],
        json!([
            with(
                denied(
                    "DenyInsecureTransport",
                    json!("s3:*"),
                    json!([arn, objects])
                ),
                json!({"Bool": {"aws:SecureTransport": "false"}})
            ),
            with(
                denied("DenyOverwriting", json!("s3:PutObject"), json!(objects)),
                json!({"Null": {"s3:if-none-match": "true"}})
            ),
            with(
                denied("DenyOtherWriters", json!("s3:PutObject"), json!(objects)),
                json!({"ArnNotEquals": {"aws:PrincipalArn": deployment.output("role_arn")}})
            ),
            denied(
                "DenyDeleting",
                json!(["s3:DeleteObject", "s3:DeleteObjectVersion"]),
                json!(objects)
            ),
        ])
    );
}

/// Not even full access to S3 lets anyone forge or remove a record.
#[tokio::test]
async fn nobody_but_the_function_writes_and_nobody_deletes() {
    let deployment = Deployment::load().await;
    let (client, user) = if deployment.is_stand_in() {
        // The stand-in lets its root credentials bypass every policy, so a user asks.
        let (client, user) = Reader::new(&deployment, "writes").await;
        (client, Some(user))
    } else {
        (deployment.s3.clone(), None)
    };
    let bucket = deployment.output("log_bucket_name");
    let put = client.put_object().bucket(bucket).key("scans/forged.json");
    let put = put.if_none_match("*").send().await;
    assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
    let delete = client.delete_object().bucket(bucket).key("scans/any.json");
    let delete = delete.send().await;
    assert_eq!(delete.unwrap_err().code(), Some("AccessDenied"));
    if let Some(user) = user {
        user.remove().await;
    }
}

#[tokio::test]
async fn a_request_over_plain_http_is_refused() {
    let deployment = Deployment::load().await;
    if deployment.is_stand_in() {
        // The stand-in lets its root credentials bypass every policy, so a user asks.
        let (client, user) = Reader::new(&deployment, "plain-http").await;
        assert_eq!(code(&deployment, &client, false).await, "NoSuchKey");
        assert_eq!(code(&deployment, &client, true).await, "AccessDenied");
        user.remove().await;
    } else {
        assert_eq!(code(&deployment, &deployment.s3, false).await, "NoSuchKey");
        let plain = format!("http://s3.{}.amazonaws.com", deployment.output("region"));
        let config = deployment
            .s3
            .config()
            .to_builder()
            .endpoint_url(plain)
            .build();
        assert_eq!(
            code(&deployment, &Client::from_conf(config), false).await,
            "AccessDenied"
        );
    }
}

/// The error code of a request for an object that does not exist.
async fn code(deployment: &Deployment, client: &Client, as_plain_http: bool) -> String {
    let bucket = deployment.output("log_bucket_name");
    let request = client
        .get_object()
        .bucket(bucket)
        .key("scans/none")
        .customize();
    let request = request.mutate_request(move |request| {
        // The stand-in treats loopback as TLS unless a request says that it is plain HTTP.
        if as_plain_http {
            request.headers_mut().insert("x-standin-plain-http", "true");
        }
    });
    request.send().await.unwrap_err().code().unwrap().to_owned()
}

/// A user of the stand-in with full access to S3.
struct Reader<'a> {
    deployment: &'a Deployment,
    name: String,
    access_key_id: String,
}

impl<'a> Reader<'a> {
    const POLICY: &'static str = "s3";

    /// Tests run in parallel, so each has its own user.
    async fn new(deployment: &'a Deployment, test: &str) -> (Client, Self) {
        let iam = &deployment.iam;
        let name = format!(
            "tag-compliance-test-{test}-{}",
            deployment.output("environment_suffix")
        );
        iam.create_user().user_name(&name).send().await.unwrap();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        });
        let put = iam
            .put_user_policy()
            .user_name(&name)
            .policy_name(Self::POLICY);
        put.policy_document(policy.to_string())
            .send()
            .await
            .unwrap();
        let key = iam
            .create_access_key()
            .user_name(&name)
            .send()
            .await
            .unwrap();
        let key = key.access_key().unwrap();
        let (id, secret) = (key.access_key_id(), key.secret_access_key());
        let credentials = Credentials::new(id, secret, None, None, "test");
        let config = deployment
            .s3
            .config()
            .to_builder()
            .credentials_provider(credentials)
            .build();
        let user = Self {
            deployment,
            name,
            access_key_id: id.to_owned(),
        };
        (Client::from_conf(config), user)
    }

    async fn remove(self) {
        let Self {
            deployment,
            name,
            access_key_id,
        } = self;
        let iam = &deployment.iam;
        let key = iam
            .delete_access_key()
            .user_name(&name)
            .access_key_id(access_key_id);
        key.send().await.unwrap();
        let policy = iam
            .delete_user_policy()
            .user_name(&name)
            .policy_name(Self::POLICY);
        policy.send().await.unwrap();
        iam.delete_user().user_name(&name).send().await.unwrap();
    }
}
