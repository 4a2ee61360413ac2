variable "alert_group_wait_seconds" {
  type        = number
  description = "How long changes of the state table are gathered before they are told."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that could not be handed to the function."
  nullable    = false
}

variable "delay_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue by which the function hands work to a later invocation."
  nullable    = false
}

variable "event_delivery" {
  type        = string
  description = "Where the rules send their events: direct (to the function) or queue."
  nullable    = false
}

variable "event_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue to which the rules send their events where event_delivery is queue."
  nullable    = false
}

variable "event_queue_drain_seconds" {
  type        = number
  description = "How long the event queue is still read after the rules have stopped sending to it."
  nullable    = false
}

variable "event_queue_max_concurrency" {
  type        = number
  description = "How many batches of the event queue are worked on at a time."
  nullable    = false
}

variable "function_arn" {
  type        = string
  description = "ARN of the function that receives the events."
  nullable    = false
}

variable "function_name" {
  type        = string
  description = "Name of the function that receives the events."
  nullable    = false
}

variable "state_change_rule_name" {
  type        = string
  description = "Name of the rule for EC2 state changes."
  nullable    = false
}

variable "state_stream_arn" {
  type        = string
  description = "ARN of the state table's stream."
  nullable    = false
}

variable "tag_change_rule_name" {
  type        = string
  description = "Name of the rule for changes of tags."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states that the rule for state changes matches."
  nullable    = false
}
