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
