mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "audit_log" {
  assert {
    condition     = module.audit_log.bucket.force_destroy
    error_message = "The bucket cannot be destroyed with objects in it."
  }

  assert {
    condition = alltrue([
      module.audit_log.public_access_block.block_public_acls,
      module.audit_log.public_access_block.block_public_policy,
      module.audit_log.public_access_block.ignore_public_acls,
      module.audit_log.public_access_block.restrict_public_buckets,
    ])
    error_message = "Some public access is not blocked."
  }

  assert {
    condition     = one(one(module.audit_log.encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket is not encrypted by SSE-S3."
  }

  assert {
    condition     = one(module.audit_log.lifecycle.rule).status == "Enabled" && one(one(module.audit_log.lifecycle.rule).expiration).days == 30
    error_message = "Objects do not expire after 30 days."
  }

  assert {
    condition     = one(one(module.audit_log.lifecycle.rule).filter).prefix == "" && length(one(one(module.audit_log.lifecycle.rule).filter).tag) == 0 && length(one(one(module.audit_log.lifecycle.rule).filter).and) == 0
    error_message = "The expiration does not cover every object."
  }

  assert {
    condition     = one(one(module.audit_log.lifecycle.rule).abort_incomplete_multipart_upload).days_after_initiation == 1
    error_message = "Incomplete uploads are not aborted."
  }

  assert {
    condition = jsonencode(jsondecode(module.audit_log.bucket_policy.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws-cn:s3:::mock-bucket", "arn:aws-cn:s3:::mock-bucket/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "DenyOverwriting"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = "arn:aws-cn:s3:::mock-bucket/*"
          Condition = { Null = { "s3:if-none-match" = "true" } }
        },
        {
          Sid       = "DenyOtherWriters"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = "arn:aws-cn:s3:::mock-bucket/*"
          Condition = { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws-cn:iam::123456789012:role/tag-compliance-checker-role-qa42" } }
        },
        {
          Sid       = "DenyDeleting"
          Effect    = "Deny"
          Principal = "*"
          Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
          Resource  = "arn:aws-cn:s3:::mock-bucket/*"
        },
      ]
    })
    error_message = "The bucket policy is: ${module.audit_log.bucket_policy.policy}"
  }

  assert {
    condition = toset(["mock-bucket"]) == toset([
      module.audit_log.bucket_policy.bucket,
      module.audit_log.encryption.bucket,
      module.audit_log.lifecycle.bucket,
      module.audit_log.public_access_block.bucket,
    ])
    error_message = "A setting is on another bucket."
  }

  # Only the source shows that a resource does not exist.
  assert {
    condition     = !strcontains(file("modules/audit-log/main.tf"), "versioning") && module.audit_log.bucket.force_destroy
    error_message = "The bucket keeps versions."
  }
}
