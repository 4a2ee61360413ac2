variable "alarm_arns" {
  type        = set(string)
  description = "ARNs of the CloudWatch alarms that may publish."
  nullable    = false
}

variable "alert_emails" {
  type        = set(string)
  description = "Email addresses to subscribe to everything."
  nullable    = false
}

variable "escalation_emails" {
  type        = set(string)
  description = "Email addresses to subscribe to what is escalated."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts messages in SNS, or null."
  default     = null
}

variable "owners" {
  type        = map(object({ emails = set(string) }))
  description = "Email addresses to subscribe to what is about an owner's instances, by the key that the function finds for the owner."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "topic_name" {
  type        = string
  description = "Name of the topic."
  nullable    = false
}
