resource "aws_s3_bucket" "audit_log" {
  # checkov:skip=CKV_AWS_18:Access logs need a second bucket, and only the function writes here.
  # checkov:skip=CKV_AWS_21:Old versions would outlive the 30 days after which records expire.
  # checkov:skip=CKV_AWS_144:Records live for 30 days, and losing them stops no check.
  # checkov:skip=CKV_AWS_145:SSE-S3 costs nothing; a KMS key costs more than all the rest of the system.
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
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "audit_log" {
  bucket = aws_s3_bucket.audit_log.id

  rule {
    id     = "expire-audit-records"
    status = "Enabled"

    filter {}

    expiration {
      days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

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
    ]
  })

  # S3 refuses the second of two settings of one bucket that are changed at the same moment.
  depends_on = [aws_s3_bucket_public_access_block.audit_log]
}
