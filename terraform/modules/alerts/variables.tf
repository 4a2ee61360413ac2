variable "account_id" {
  type        = string
  description = "Account whose CloudWatch alarms may publish."
  nullable    = false
}

variable "alert_emails" {
  type        = set(string)
  description = "E-mail addresses to subscribe."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}

variable "topic_name" {
  type        = string
  description = "Name of the topic."
  nullable    = false
}
