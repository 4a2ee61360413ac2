variable "account_id" {
  type        = string
  description = "Account whose schedules may use the role."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that could not be handed to the function."
  nullable    = false
}

variable "function_arn" {
  type        = string
  description = "ARN of the function that sweeps."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer KMS key that encrypts dead letters, or null."
  default     = null
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the IAM policy that bounds the role, or null."
  default     = null
}

variable "role_name" {
  type        = string
  description = "Name of the role by which EventBridge Scheduler starts the sweep."
  nullable    = false
}

variable "schedule_expression" {
  type        = string
  description = "When the sweep starts."
  nullable    = false
}

variable "schedule_group_arn" {
  type        = string
  description = "ARN of the schedule group that the schedule is in."
  nullable    = false
}

variable "schedule_name" {
  type        = string
  description = "Name of the schedule."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}
