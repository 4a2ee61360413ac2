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

variable "function_name" {
  type        = string
  description = "Name of the function."
  nullable    = false
}

variable "rule_name" {
  type        = string
  description = "Name of the rule."
  nullable    = false
}

variable "schedule_expression" {
  type        = string
  description = "When the sweep starts, as a rate(...) or cron(...) expression."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}
