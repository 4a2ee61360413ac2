variable "bucket_name" {
  type        = string
  description = "Name of the bucket."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts the records, or null."
  default     = null
}

variable "retention_days" {
  type        = number
  description = "Days after which a record expires."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "writer_arn" {
  type        = string
  description = "ARN of the only role that may write; the bucket policy names it before it exists."
  nullable    = false
}
