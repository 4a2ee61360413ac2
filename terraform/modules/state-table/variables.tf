variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts the table, its index and its stream, or null."
  default     = null
}

variable "table_name" {
  type        = string
  description = "Name of the table."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}
