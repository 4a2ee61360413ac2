resource "aws_s3_bucket" "audit_log" {
  # checkov:skip=CKV_AWS_18:Access logs need a second bucket, and only the function writes here.
  # checkov:skip=CKV_AWS_21:Old versions would outlive the retention of records.
  # checkov:skip=CKV_AWS_144:Records expire, and losing them stops no check.
  # checkov:skip=CKV_AWS_145:SSE-S3 is free; kms_key_arn sets a key if one is wanted.
  # checkov:skip=CKV2_AWS_62:Nothing waits for a record: alerts go out through SNS.
  bucket        = var.bucket_name
  force_destroy = true
  tags          = var.tags

  # Keeps the name in the state, so that a new name fails here instead of deleting the audit log.
  lifecycle {
    ignore_changes = [bucket]

    postcondition {
      condition     = self.bucket == var.bucket_name
      error_message = "The audit log of this environment is in the bucket ${self.bucket}, but log_bucket_name asks for ${var.bucket_name}. Terraform would delete that bucket with all its records. Set log_bucket_name to ${self.bucket}, or to null if that is compliance-logs-<suffix>. To change it anyway, copy the records elsewhere, destroy the environment and apply it again."
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

# Append-only for everyone, administrators included, as long as the policy exists. Lifecycle expiration is exempt.
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
      # No AWS service writes here, so there is no exception for any.
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

  # S3 rejects two simultaneous changes to the settings of one bucket. On destroy the policy goes first, so that the
  # bucket can be emptied.
  depends_on = [aws_s3_bucket_public_access_block.audit_log]
}
