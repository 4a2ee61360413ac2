variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the permissions boundary that your organization requires on roles. Null sets none."
  default     = null
}

variable "release_bucket" {
  type        = string
  description = "Your bucket, in the environment's region, that holds the function's zip."
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a customer managed KMS key, or null."
  default     = null
}

variable "connection_arns" {
  type = object({
    jsm       = string
    pagerduty = string
    slack     = string
    teams     = string
  })
  description = "ARNs of the EventBridge connections that hold the channels' secrets."
}

variable "siem_secret" {
  type        = string
  description = "Value of the header Authorization that your webhook expects."
  sensitive   = true
}
