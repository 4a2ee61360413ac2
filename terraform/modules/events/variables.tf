variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that could not be handed to the function."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of an SQS queue."
  }
}

variable "delay_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue by which the function hands work to a later invocation."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.delay_queue.arn))
    error_message = "delay_queue.arn must be the ARN of an SQS queue."
  }
}

variable "event_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue to which the rules send their events, or null: then they invoke the function."
  default     = null

  validation {
    condition     = var.event_queue == null || can(regex("^arn:[^:]+:sqs:", var.event_queue.arn))
    error_message = "event_queue.arn must be the ARN of an SQS queue."
  }
}

variable "event_queue_max_concurrency" {
  type        = number
  description = "How many batches of the event queue are worked on at a time."
  nullable    = false

  validation {
    condition     = var.event_queue_max_concurrency >= 2 && var.event_queue_max_concurrency <= 1000
    error_message = "event_queue_max_concurrency must be 2 to 1000."
  }
}

variable "function_arn" {
  type        = string
  description = "ARN of the function that receives the events."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:", var.function_arn))
    error_message = "function_arn must be the ARN of a Lambda function."
  }
}

variable "function_name" {
  type        = string
  description = "Name of the function that receives the events."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "state_change_rule_name" {
  type        = string
  description = "Name of the rule for EC2 state changes."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.state_change_rule_name))
    error_message = "state_change_rule_name must be 1 to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "tag_change_rule_name" {
  type        = string
  description = "Name of the rule for changes of tags."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.tag_change_rule_name))
    error_message = "tag_change_rule_name must be 1 to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states that the rule for state changes matches."
  nullable    = false

  validation {
    condition     = length(var.watched_states) > 0
    error_message = "watched_states must hold at least one state."
  }
}
