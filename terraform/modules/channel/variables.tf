variable "account_id" {
  type        = string
  description = "Account that the environment is in."
  nullable    = false
}

variable "channel_name" {
  type        = string
  description = "Name of the rule, the API destination and the role."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the queue for events that could not be delivered."
  nullable    = false
}

variable "description" {
  type        = string
  description = "What the rule is for."
  nullable    = false
}

variable "endpoint" {
  type = object({
    connection_arn        = string
    rate_limit_per_second = number
    url                   = string
  })
  description = "HTTPS endpoint that gets the events by an API destination, with its connection, which holds the secret; null for target_arn."
  default     = null
}

variable "event_pattern" {
  type        = string
  description = "Pattern of the events, as JSON."
  nullable    = false
}

variable "input_path" {
  type        = string
  description = "Part of the event to deliver, such as $.detail.teams; null delivers all of it."
  default     = null
}

variable "input_template" {
  type        = string
  description = "Template of what to deliver, with <aws.events.event.json>; null delivers what input_path says."
  default     = null
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the role's permissions boundary, or null."
  default     = null
}

variable "rule_arn" {
  type        = string
  description = "ARN that the rule will have; its role names it before it exists."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "target" {
  type = object({
    arn      = string
    resource = string
  })
  description = "What gets the events if there is no endpoint: its ARN, and what it is: topic or state-machine."
  default     = null
}
