variable "account_id" {
  type        = string
  description = "Account that must own the log bucket; the function names it in each write."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must have 12 digits."
  }
}

variable "alert_topic_arn" {
  type        = string
  description = "ARN of the SNS topic for alerts."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sns:", var.alert_topic_arn))
    error_message = "alert_topic_arn must be the ARN of an SNS topic."
  }
}

variable "architecture" {
  type        = string
  description = "Instruction set that the zip was built for."
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that failed for good."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of an SQS queue."
  }
}

variable "delay_queue" {
  type = object({
    arn = string
    url = string
  })
  description = "SQS queue by which the function hands work to a later invocation."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.delay_queue.arn))
    error_message = "delay_queue.arn must be the ARN of an SQS queue."
  }
}

variable "event_queue" {
  type = object({
    arn = string
  })
  description = "SQS queue through which events reach the function, or null."
  default     = null

  validation {
    condition     = var.event_queue == null || can(regex("^arn:[^:]+:sqs:", var.event_queue.arn))
    error_message = "event_queue.arn must be the ARN of an SQS queue."
  }
}

variable "function_name" {
  type        = string
  description = "Name of the function."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "log_bucket" {
  type = object({
    arn  = string
    name = string
  })
  description = "Bucket for audit records."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:s3:::[^/*]+$", var.log_bucket.arn))
    error_message = "log_bucket.arn must be the ARN of a bucket."
  }
}

variable "log_group_name" {
  type        = string
  description = "Name of the function's log group."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_/.#-]{1,512}$", var.log_group_name))
    error_message = "log_group_name must be 1 to 512 letters, digits and _ / . # - characters."
  }
}

variable "log_level" {
  type        = string
  description = "Least severe level of the function's own log lines."
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace that the function may write to."
  nullable    = false

  validation {
    condition     = length(var.metric_namespace) >= 1 && length(var.metric_namespace) <= 255
    error_message = "metric_namespace must have 1 to 255 characters."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the IAM policy that bounds the function's role, or null."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy."
  }
}

variable "role_name" {
  type        = string
  description = "Name of the function's execution role."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and _ + = , . @ - characters."
  }
}

variable "settle_seconds" {
  type        = number
  description = "Seconds that an instance has for its tags before it is judged; 0 judges at once."
  nullable    = false

  validation {
    condition     = var.settle_seconds >= 0 && var.settle_seconds <= 900
    error_message = "settle_seconds must be 0 to 900."
  }
}

variable "sweep_digest" {
  type        = string
  description = "When a sweep sends its digest."
  nullable    = false

  validation {
    condition     = contains(["violations", "always"], var.sweep_digest)
    error_message = "sweep_digest must be violations or always."
  }
}

variable "tag_policy_json" {
  type        = string
  description = "The tag policy as a JSON document."
  nullable    = false

  validation {
    condition     = can(jsondecode(var.tag_policy_json).required_tags)
    error_message = "tag_policy_json must be a JSON object with required_tags."
  }
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states that a sweep covers."
  nullable    = false

  validation {
    condition     = length(var.watched_states) > 0
    error_message = "watched_states must hold at least one state."
  }
}

variable "zip_path" {
  type        = string
  description = "Path of the zip that holds the function's bootstrap."
  nullable    = false

  validation {
    condition     = var.zip_path != ""
    error_message = "zip_path must not be empty."
  }
}
