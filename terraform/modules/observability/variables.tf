variable "alarm_name" {
  type        = string
  description = "Name of the alarm."
  nullable    = false
}

variable "alert_topic_arn" {
  type        = string
  description = "ARN of the SNS topic that the alarm publishes to."
  nullable    = false
}

variable "dashboard_enabled" {
  type        = bool
  description = "Whether to create the dashboard."
  nullable    = false
}

variable "dashboard_name" {
  type        = string
  description = "Name of the dashboard."
  nullable    = false
}

variable "dead_letter_queue_name" {
  type        = string
  description = "Name of the queue for events that failed for good."
  nullable    = false
}

variable "dead_letters_alarm_name" {
  type        = string
  description = "Name of the alarm on dead letters."
  nullable    = false
}

variable "health_alarms_enabled" {
  type        = bool
  description = "Whether to create the alarms on the system itself."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region whose metrics the dashboard draws."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, beside the provider's default_tags."
  nullable    = false
}

variable "unwritten_records_alarm_name" {
  type        = string
  description = "Name of the alarm on audit records that S3 did not take."
  nullable    = false
}
