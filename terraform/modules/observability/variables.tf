variable "alarm_name" {
  type        = string
  description = "Name of the alarm on spikes of non-compliant evaluations."
  nullable    = false
}

variable "alert_topic_arn" {
  type        = string
  description = "ARN of the SNS topic that the alarms publish to."
  nullable    = false
}

variable "channel_alarms" {
  type = object({
    dead_letter_queue_name = string
    dead_letters_name      = string
    failed_name            = string
    state_machine_arns     = list(string)
  })
  description = "Names of the alarms on channels, and what they watch: the dead-letter queue of the channels, null without channels, and at most one state machine."
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
  description = "Name of the dead-letter queue."
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
  description = "Number of non-compliant evaluations within five minutes above which the alarm on spikes fires."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics."
  nullable    = false
}

variable "no_sweep_alarm_hours" {
  type        = number
  description = "Hours without a sweep after which the alarm on missing sweeps fires; null creates no such alarm."
  default     = null
}

variable "no_sweep_alarm_name" {
  type        = string
  description = "Name of the alarm on missing sweeps."
  nullable    = false
}

variable "ok_actions_enabled" {
  type        = bool
  description = "Whether the alarms also notify when they return to OK."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region whose metrics the dashboard shows."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "unwritten_records_alarm_name" {
  type        = string
  description = "Name of the alarm on audit records that could not be written to S3."
  nullable    = false
}
