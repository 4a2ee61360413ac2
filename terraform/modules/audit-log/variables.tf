variable "bucket_name" {
  type        = string
  description = "Name of the bucket."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer KMS key that encrypts the records, or null."
  default     = null
}

variable "retention_days" {
  type        = number
  description = "Days until a record expires."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}

variable "writer_arn" {
  type        = string
  description = "ARN of the only role that may write; the bucket's policy names it before it exists."
  nullable    = false
}
