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

variable "function_name" {
  type        = string
  description = "Name of the function that sweeps."
  nullable    = false
}

variable "rule_name" {
  type        = string
  description = "Name of the rule."
  nullable    = false
}

variable "schedule_expression" {
  type        = string
  description = "When the sweep starts."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}
