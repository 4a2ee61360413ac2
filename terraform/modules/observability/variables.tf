variable "alarm_name" {
  type        = string
  description = "Name of the alarm."
  nullable    = false

  validation {
    condition     = length(var.alarm_name) >= 1 && length(var.alarm_name) <= 255
    error_message = "alarm_name must have 1 to 255 characters."
  }
}

variable "alert_topic_arn" {
  type        = string
  description = "ARN of the SNS topic that the alarm publishes to."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sns:", var.alert_topic_arn))
    error_message = "alert_topic_arn must be the ARN of an SNS topic."
  }
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

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.dashboard_name))
    error_message = "dashboard_name must be 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics."
  nullable    = false

  validation {
    condition     = length(var.metric_namespace) >= 1 && length(var.metric_namespace) <= 255
    error_message = "metric_namespace must have 1 to 255 characters."
  }
}

variable "region" {
  type        = string
  description = "Region whose metrics the dashboard draws."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region must be the id of an AWS region, such as us-east-1."
  }
}
