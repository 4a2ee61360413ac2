variable "account_id" {
  type        = string
  description = "Account that must own the log bucket; the function names it in each write."
  nullable    = false
}

variable "alert_group_interval_seconds" {
  type        = number
  description = "Minimum seconds between two alerts to one group."
  nullable    = false
}

variable "alert_repeat_interval_hours" {
  type        = number
  description = "Hours until an alert is repeated; 0 repeats it at each check, null never."
  default     = null
}

variable "alert_tags" {
  type        = string
  description = "Which of an instance's tags an alert shows: all or policy."
  nullable    = false
}

variable "alert_topic_arn" {
  type        = string
  description = "ARN of the SNS topic for alerts."
  nullable    = false
}

variable "architecture" {
  type        = string
  description = "Instruction set that the zip was built for."
  nullable    = false
}

variable "audit_records" {
  type        = string
  description = "Whether each record of an SQS batch is an object of the audit log (each), or those of a day are one (batch)."
  nullable    = false
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the dead-letter queue."
  nullable    = false
}

variable "delay_queue" {
  type = object({
    arn = string
    url = string
  })
  description = "SQS queue through which the function hands work to a later invocation."
  nullable    = false
}

variable "environment_suffix" {
  type        = string
  description = "Suffix of the environment, which its events carry."
  nullable    = false
}

variable "escalate_after_days" {
  type        = number
  description = "Days after which an open violation is told once more, as escalated; null for never."
  default     = null
}

variable "event_bus_arn" {
  type        = string
  description = "ARN of the event bus for violations and notifications."
  nullable    = false
}

variable "event_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue through which events may reach the function."
  nullable    = false
}

variable "function_name" {
  type        = string
  description = "Name of the function."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts what the function's role writes, or null."
  default     = null
}

variable "log_bucket" {
  type = object({
    arn  = string
    name = string
  })
  description = "Bucket for audit records."
  nullable    = false
}

variable "log_group_name" {
  type        = string
  description = "Name of the function's log group."
  nullable    = false
}

variable "log_level" {
  type        = string
  description = "Minimum level of the function's own log lines."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days to keep log lines."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace that the function may write to."
  nullable    = false
}

variable "metrics" {
  type        = string
  description = "How checks count their evaluations: api or logs."
  nullable    = false
}

variable "owner_patterns" {
  type        = set(string)
  description = "Owners and patterns of them by which messages are told apart."
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the permissions boundary of the function's role, or null."
  default     = null
}

variable "recursion_config_enabled" {
  type        = bool
  description = "Whether to tell Lambda that the function may invoke itself."
  nullable    = false
}

variable "reminder_days" {
  type        = list(number)
  description = "Days after which a digest counts an open violation as overdue; [] counts none."
  nullable    = false
}

variable "resolved_notices_enabled" {
  type        = bool
  description = "Whether to send a notice when a violation that was alerted is resolved."
  nullable    = false
}

variable "role_name" {
  type        = string
  description = "Name of the function's execution role."
  nullable    = false
}

variable "s3_object" {
  type = object({
    bucket  = string
    key     = string
    version = string
  })
  description = "S3 object that holds the function's zip, or null for zip_path."
  default     = null
}

variable "settle_seconds" {
  type        = number
  description = "Grace period of a new instance in seconds; 0 evaluates it at once."
  nullable    = false
}

variable "state_table" {
  type = object({
    arn           = string
    due_index_arn = string
    name          = string
  })
  description = "DynamoDB state table, and its index of what is due."
  nullable    = false
}

variable "sweep_digest" {
  type        = string
  description = "When a sweep sends its digest: violations or always."
  nullable    = false
}

variable "system_log_level" {
  type        = string
  description = "Minimum level of the lines that Lambda adds to the function's log."
  nullable    = false
}

variable "tag_policy_json" {
  type        = string
  description = "The tag policy as a JSON document."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "violation_events_enabled" {
  type        = bool
  description = "Whether the function publishes events, and may."
  nullable    = false
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states that a sweep covers."
  nullable    = false
}

variable "zip_path" {
  type        = string
  description = "Path of the function's zip, or null for s3_object."
  default     = null
}
