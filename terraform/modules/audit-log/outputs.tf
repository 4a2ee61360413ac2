output "bucket" {
  description = "The bucket for audit records, once it is private, encrypted and closed to plain HTTP."
  value       = aws_s3_bucket.audit_log

  # Who writes comes after the locks, and on destroy leaves before them.
  depends_on = [
    aws_s3_bucket_policy.audit_log,
    aws_s3_bucket_server_side_encryption_configuration.audit_log,
  ]
}

output "bucket_policy" {
  description = "The bucket's policy."
  value       = aws_s3_bucket_policy.audit_log
}

output "encryption" {
  description = "The bucket's encryption."
  value       = aws_s3_bucket_server_side_encryption_configuration.audit_log
}

output "lifecycle" {
  description = "The bucket's expiry rules."
  value       = aws_s3_bucket_lifecycle_configuration.audit_log
}

output "public_access_block" {
  description = "The bucket's public access block."
  value       = aws_s3_bucket_public_access_block.audit_log
}
