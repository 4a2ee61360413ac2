variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that failed for good."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of an SQS queue."
  }
}

variable "queue_arn" {
  type        = string
  description = "ARN that the queue will have: its inline policy names it before it exists."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:", var.queue_arn)) && endswith(var.queue_arn, ":${var.queue_name}")
    error_message = "queue_arn must be the ARN of an SQS queue called queue_name."
  }
}

variable "queue_name" {
  type        = string
  description = "Name of the queue."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,80}$", var.queue_name))
    error_message = "queue_name must be 1 to 80 letters, digits, hyphens and underscores."
  }
}

variable "rule_arns" {
  type        = set(string)
  description = "ARNs of the EventBridge rules that may send to the queue."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.rule_arns : can(regex("^arn:[^:]+:events:[^:]+:[0-9]{12}:rule/", arn))])
    error_message = "rule_arns must hold ARNs of EventBridge rules."
  }
}
