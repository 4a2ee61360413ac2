variable "account_id" {
  type        = string
  description = "Account whose schedules may use the role."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must have 12 digits."
  }
}

variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the SQS queue for events that could not be handed to the function."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:", var.dead_letter_queue_arn))
    error_message = "dead_letter_queue_arn must be the ARN of an SQS queue."
  }
}

variable "function_arn" {
  type        = string
  description = "ARN of the function that sweeps."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:", var.function_arn))
    error_message = "function_arn must be the ARN of a Lambda function."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the IAM policy that bounds the role, or null."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy."
  }
}

variable "role_name" {
  type        = string
  description = "Name of the role by which EventBridge Scheduler starts the sweep."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and _ + = , . @ - characters."
  }
}

variable "schedule_expression" {
  type        = string
  description = "When the sweep starts."
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.schedule_expression))
    error_message = "schedule_expression must be rate(...) or cron(...)."
  }
}

variable "schedule_group_arn" {
  type        = string
  description = "ARN of the schedule group that the schedule is in."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:scheduler:[^:]+:[0-9]{12}:schedule-group/default$", var.schedule_group_arn))
    error_message = "schedule_group_arn must be that of the default group."
  }
}

variable "schedule_name" {
  type        = string
  description = "Name of the schedule."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z_.-]{1,64}$", var.schedule_name))
    error_message = "schedule_name must be 1 to 64 letters, digits, dots, hyphens and underscores."
  }
}
