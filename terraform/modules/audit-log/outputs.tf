output "bucket" {
  description = "Bucket for audit records, once it is private, encrypted and closed to plain HTTP."
  value       = aws_s3_bucket.audit_log

  # Writers are created after the locks, and destroyed before them.
  depends_on = [
    aws_s3_bucket_policy.audit_log,
    aws_s3_bucket_server_side_encryption_configuration.audit_log,
  ]
}

output "bucket_policy" {
  description = "Policy of the bucket."
  value       = aws_s3_bucket_policy.audit_log
}

output "encryption" {
  description = "Encryption of the bucket."
  value       = aws_s3_bucket_server_side_encryption_configuration.audit_log
}

output "lifecycle" {
  description = "Expiration rules of the bucket."
  value       = aws_s3_bucket_lifecycle_configuration.audit_log
}

output "public_access_block" {
  description = "Public access block of the bucket."
  value       = aws_s3_bucket_public_access_block.audit_log
}
