variable "account_id" {
  type        = string
  description = "Account whose schedules may assume the role."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the dead-letter queue, for sweeps that could not be started."
  nullable    = false
}

variable "function_arn" {
  type        = string
  description = "ARN of the function."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts dead letters, or null."
  default     = null
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the permissions boundary of the role, or null."
  default     = null
}

variable "role_name" {
  type        = string
  description = "Name of the role that EventBridge Scheduler assumes to start the sweep."
  nullable    = false
}

variable "schedule_expression" {
  type        = string
  description = "When the sweep starts, as a rate(...) or cron(...) expression."
  nullable    = false
}

variable "schedule_group_arn" {
  type        = string
  description = "ARN of the schedule's group."
  nullable    = false
}

variable "schedule_name" {
  type        = string
  description = "Name of the schedule."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}
