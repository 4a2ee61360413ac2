variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the IAM policy that your organization demands as a boundary of roles; null sets none."
  default     = null
}

variable "release_bucket" {
  type        = string
  description = "Bucket of yours in the environment's region, which holds the function's zip."
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a customer KMS key, or null."
  default     = null
}
