variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that failed for good."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of an SQS queue."
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
