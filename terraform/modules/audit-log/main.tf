resource "aws_s3_bucket" "audit_log" {
  # checkov:skip=CKV_AWS_18:Access logs need a second bucket, and only the function writes here.
  # checkov:skip=CKV_AWS_21:Old versions would outlive the days after which records expire.
  # checkov:skip=CKV_AWS_144:Records expire, and losing them stops no check.
  # checkov:skip=CKV_AWS_145:SSE-S3 costs nothing; kms_key_arn takes a key where one is wanted.
  # checkov:skip=CKV2_AWS_62:Nobody waits for a record: the alerts go out by SNS.
  bucket        = var.bucket_name
  force_destroy = true
  tags          = var.tags

  # Keeps the name that the state knows, so that another name stops here: it would delete the audit log.
  lifecycle {
    ignore_changes = [bucket]

    postcondition {
      condition     = self.bucket == var.bucket_name
      error_message = "The audit log of this environment is in the bucket ${self.bucket}, and log_bucket_name asks for ${var.bucket_name}. Terraform would delete that bucket with all records. Set log_bucket_name to ${self.bucket}, or null where that is compliance-logs-<suffix>. To change it nevertheless, copy the records elsewhere, destroy the environment and apply it anew."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "audit_log" {
  bucket = aws_s3_bucket.audit_log.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "audit_log" {
  bucket = aws_s3_bucket.audit_log.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }

    # One request to KMS serves many objects.
    bucket_key_enabled = var.kms_key_arn != null
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "audit_log" {
  bucket = aws_s3_bucket.audit_log.id

  rule {
    id     = "expire-audit-records"
    status = "Enabled"

    filter {}

    expiration {
      days = var.retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# Append-only for everyone, administrators included, for as long as the policy is there. The expiry is not bound by it.
resource "aws_s3_bucket_policy" "audit_log" {
  bucket = aws_s3_bucket.audit_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.audit_log.arn, "${aws_s3_bucket.audit_log.arn}/*"]
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
      {
        Sid       = "DenyOverwriting"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.audit_log.arn}/*"
        Condition = {
          Null = { "s3:if-none-match" = "true" }
        }
      },
      # No AWS service writes here, so none is excepted.
      {
        Sid       = "DenyOtherWriters"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.audit_log.arn}/*"
        Condition = {
          ArnNotEquals = { "aws:PrincipalArn" = var.writer_arn }
        }
      },
      {
        Sid       = "DenyDeleting"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        Resource  = "${aws_s3_bucket.audit_log.arn}/*"
      },
    ]
  })

  # S3 refuses the second of two settings of one bucket that are changed at the same moment. On destroy this goes before
  # the bucket, which can be emptied then.
  depends_on = [aws_s3_bucket_public_access_block.audit_log]
}
