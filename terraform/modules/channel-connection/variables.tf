variable "connection_name" {
  type        = string
  description = "Name of the connection."
  nullable    = false
}

variable "secret" {
  type        = string
  description = "Secret of the channel."
  sensitive   = true
  nullable    = false
}

variable "type" {
  type        = string
  description = "Type of the channel: webhook, teams, slack, pagerduty or jsm."
  nullable    = false
}
