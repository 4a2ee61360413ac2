"""The audit log's bucket in the stand-in at AWS_ENDPOINT_URL, which must enforce IAM: about two minutes.

`discover` only finds it with `-p 'slow_*.py'`. Terraform and the tests run as an administrator, since the stand-in lets its
root user bypass bucket policies.
"""

from __future__ import annotations

import json
import os
import unittest
from typing import Any, ClassVar
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import ClientError

from .slow_terraform import unique
from .support import copy_of_terraform, init, terraform_ok

CALLER = """
module "audit_log" {
  source = "../../modules/audit-log"

  bucket_name    = "BUCKET"
  retention_days = 30
  tags           = {}
  writer_arn     = "WRITER"
}
"""
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
RECORD = {"Key": "scans/2025-12-03/i-1234567890abcdef0-1.json", "Body": b"{}"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def status(call: Any, **parameters: Any) -> int:
    """The HTTP status of an answer, whether or not it is an error."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        answer = error.response
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


class AuditLogTest(unittest.TestCase):
    bucket: ClassVar[str] = unique("compliance-logs-")
    administrator: ClassVar[Any]
    writer: ClassVar[Any]

    @classmethod
    def setUpClass(cls) -> None:
        if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname != "127.0.0.1":
            raise AssertionError("AWS_ENDPOINT_URL names no stand-in: source the env of scripts/standin.sh start --auth")
        session = botocore.session.get_session()
        iam, name = session.create_client("iam"), cls.bucket
        user = iam.create_user(UserName=name)["User"]["Arn"]
        cls.addClassCleanup(iam.delete_user, UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(EVERYTHING))
        cls.addClassCleanup(iam.delete_user_policy, UserName=name, PolicyName="all")
        key = iam.create_access_key(UserName=name)["AccessKey"]
        cls.addClassCleanup(iam.delete_access_key, UserName=name, AccessKeyId=key["AccessKeyId"])
        credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        cls.addClassCleanup(iam.delete_role, RoleName=name)
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(EVERYTHING))
        cls.addClassCleanup(iam.delete_role_policy, RoleName=name, PolicyName="all")

        directory = copy_of_terraform(cls) / "examples" / "audit-log"
        directory.mkdir()
        (directory / "main.tf").write_text(CALLER.replace("BUCKET", cls.bucket).replace("WRITER", role), encoding="utf-8")
        init(directory)
        destroy = ["destroy", "-auto-approve", "-input=false", "-no-color"]
        cls.addClassCleanup(terraform_ok, directory, *destroy, **credentials)
        terraform_ok(directory, "apply", "-auto-approve", "-input=false", "-no-color", **credentials)
        cls.destroy = staticmethod(lambda: terraform_ok(directory, *destroy, **credentials))

        pair = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        cls.administrator = session.create_client("s3", **pair)
        assumed = session.create_client("sts", **pair).assume_role(RoleArn=role, RoleSessionName="writer")["Credentials"]
        cls.writer = session.create_client(
            "s3",
            aws_access_key_id=assumed["AccessKeyId"],
            aws_secret_access_key=assumed["SecretAccessKey"],
            aws_session_token=assumed["SessionToken"],
        )

    def test_records_are_added_by_one_role_and_never_overwritten_or_deleted_until_the_environment_goes(self) -> None:
        bucket, writer, administrator = self.bucket, self.writer, self.administrator
        record = {"Bucket": bucket, **RECORD}
        self.assertEqual(status(writer.put_object, **record), 403, "without If-None-Match")
        self.assertEqual(status(writer.put_object, **record, IfNoneMatch="*"), 200)
        self.assertEqual(status(writer.put_object, **record, IfNoneMatch="*"), 412, "the key is taken")
        other = {"Bucket": bucket, "Key": "scans/forged.json", "Body": b"{}"}
        self.assertEqual(status(administrator.put_object, **other, IfNoneMatch="*"), 403, "by another than the role")
        source = f"{bucket}/{RECORD['Key']}"
        self.assertEqual(status(writer.copy_object, Bucket=bucket, Key="scans/copy", CopySource=source), 403)
        for caller in (writer, administrator):
            self.assertEqual(status(caller.delete_object, Bucket=bucket, Key=RECORD["Key"]), 403)
        self.assertEqual([item["Key"] for item in administrator.list_objects_v2(Bucket=bucket)["Contents"]], [RECORD["Key"]])
        self.destroy()
        self.assertEqual(status(administrator.head_bucket, Bucket=bucket), 404)


if __name__ == "__main__":
    unittest.main()
