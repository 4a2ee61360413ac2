variable "alert_group_wait_seconds" {
  type        = number
  description = "Seconds to gather changes of the state table before the first alert."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the dead-letter queue, for events that could not be delivered."
  nullable    = false
}

variable "delay_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue through which the function hands work to a later invocation."
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
  description = "SQS queue to which the rules send their events if event_delivery is queue."
  nullable    = false
}

variable "event_queue_drain_seconds" {
  type        = number
  description = "Seconds to keep reading the event queue after the rules stop sending to it."
  nullable    = false
}

variable "event_queue_max_concurrency" {
  type        = number
  description = "How many batches of the event queue are processed at a time."
  nullable    = false
}

variable "event_queue_window_seconds" {
  type        = number
  description = "Seconds in which events of the event queue gather into a batch."
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
  description = "Name of the rule for tag changes."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states that the rule for state changes matches."
  nullable    = false
}
