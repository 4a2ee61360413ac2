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

variable "high_non_compliance_threshold" {
  type        = number
  description = "Number of non-compliant verdicts within five minutes above which the alarm goes off."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics."
  nullable    = false
}

variable "no_sweep_alarm_hours" {
  type        = number
  description = "Hours without a sweep after which the alarm on that goes off; null makes no such alarm."
  default     = null
}

variable "no_sweep_alarm_name" {
  type        = string
  description = "Name of the alarm on sweeps that do not come."
  nullable    = false
}

variable "ok_actions_enabled" {
  type        = bool
  description = "Whether the alarms also tell when they are over."
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
