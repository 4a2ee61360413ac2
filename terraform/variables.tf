variable "alarm_ok_actions_enabled" {
  type        = bool
  description = "Whether the alarms also tell the alert topic when they are over; each does so once after its creation."
  default     = false
  nullable    = false
}

variable "alert_emails" {
  type        = set(string)
  description = "E-mail addresses to subscribe to the alerts; each has to confirm AWS's own mail first."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alert_emails must hold e-mail addresses such as team@example.com."
  }
}

variable "alert_group_interval_seconds" {
  type        = number
  description = "Seconds between two alerts to one owner: 0 to 900. What comes up meanwhile goes into the next."
  default     = 60
  nullable    = false

  validation {
    condition     = var.alert_group_interval_seconds >= 0 && var.alert_group_interval_seconds <= 900 && floor(var.alert_group_interval_seconds) == var.alert_group_interval_seconds
    error_message = "alert_group_interval_seconds is ${var.alert_group_interval_seconds}; it must be a whole number from 0 to 900, the longest delay of SQS."
  }
}

variable "alert_group_wait_seconds" {
  type        = number
  description = "Seconds that violations are gathered before the first alert: 0 to 300."
  default     = 10
  nullable    = false

  validation {
    condition     = var.alert_group_wait_seconds >= 0 && var.alert_group_wait_seconds <= 300 && floor(var.alert_group_wait_seconds) == var.alert_group_wait_seconds
    error_message = "alert_group_wait_seconds is ${var.alert_group_wait_seconds}; it must be a whole number from 0 to 300, the longest batching window of Lambda."
  }
}

variable "alert_repeat_interval_hours" {
  type        = number
  description = "Hours until a check of an instance that is still in violation alerts again; 0 alerts at each such check, and then alert_group_interval_seconds counts as 0. Null never alerts again."
  default     = 168

  validation {
    condition     = var.alert_repeat_interval_hours == null ? true : var.alert_repeat_interval_hours >= 0 && var.alert_repeat_interval_hours <= 8760 && floor(var.alert_repeat_interval_hours) == var.alert_repeat_interval_hours
    error_message = "alert_repeat_interval_hours is ${jsonencode(var.alert_repeat_interval_hours)}; it must be a whole number from 0 to 8760, a year, or null."
  }
}

variable "alert_tags" {
  type        = string
  description = "Which tags of an instance an alert shows: all, or policy (those that tag_policy names, and Name)."
  default     = "all"
  nullable    = false

  validation {
    condition     = contains(["all", "policy"], var.alert_tags)
    error_message = "alert_tags is ${jsonencode(var.alert_tags)}; it must be all or policy."
  }
}

variable "architecture" {
  type        = string
  description = "Instruction set of the Lambda function, for which its zip was built: arm64 or x86_64. Null takes the one of the zip that scripts/build.sh --release has built, arm64 where there are both or where the zip is another."
  default     = null

  validation {
    condition     = var.architecture == null ? true : contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is ${jsonencode(var.architecture)}; it must be arm64 or x86_64, or null."
  }
}

variable "audit_log_retention_days" {
  type        = number
  description = "Days until an audit record expires."
  default     = 30
  nullable    = false

  validation {
    condition     = var.audit_log_retention_days >= 1 && var.audit_log_retention_days <= 36500 && floor(var.audit_log_retention_days) == var.audit_log_retention_days
    error_message = "audit_log_retention_days is ${var.audit_log_retention_days}; it must be a whole number from 1 to 36500."
  }
}

variable "dashboard_enabled" {
  type        = bool
  description = "Whether to create the CloudWatch dashboard; an account's first three are free."
  default     = true
  nullable    = false
}

variable "event_delivery" {
  type        = string
  description = "How events reach the function: direct (each by an invocation of its own, at once) or queue (in batches of up to 200, up to a second later)."
  default     = "direct"
  nullable    = false

  validation {
    condition     = contains(["direct", "queue"], var.event_delivery)
    error_message = "event_delivery is ${jsonencode(var.event_delivery)}; it must be direct or queue."
  }
}

variable "event_queue_drain_seconds" {
  type        = number
  description = "How long the event queue is still read after the rules have stopped sending to it: 0 to 3600 seconds, which an apply waits when event_delivery changes from queue to direct, or when an environment with a queue is destroyed."
  default     = 60
  nullable    = false

  validation {
    condition     = var.event_queue_drain_seconds >= 0 && var.event_queue_drain_seconds <= 3600 && floor(var.event_queue_drain_seconds) == var.event_queue_drain_seconds
    error_message = "event_queue_drain_seconds is ${var.event_queue_drain_seconds}; it must be a whole number from 0 to 3600."
  }
}

variable "event_queue_max_concurrency" {
  type        = number
  description = "How many batches of the event queue are worked on at a time, where event_delivery is queue: 2 to 1000."
  default     = 10
  nullable    = false

  validation {
    condition     = var.event_queue_max_concurrency >= 2 && var.event_queue_max_concurrency <= 1000 && floor(var.event_queue_max_concurrency) == var.event_queue_max_concurrency
    error_message = "event_queue_max_concurrency is ${var.event_queue_max_concurrency}; it must be a whole number from 2 to 1000, as Lambda's MaximumConcurrency."
  }
}

variable "health_alarms_enabled" {
  type        = bool
  description = "Whether to create the alarms on the system itself: dead letters, audit records that S3 did not take, and sweeps that do not come. Each costs $0.10 a month."
  default     = true
  nullable    = false
}

variable "high_non_compliance_threshold" {
  type        = number
  description = "Number of non-compliant verdicts within five minutes above which the alarm on spikes goes off."
  default     = 5
  nullable    = false

  validation {
    condition     = var.high_non_compliance_threshold >= 0 && floor(var.high_non_compliance_threshold) == var.high_non_compliance_threshold
    error_message = "high_non_compliance_threshold is ${var.high_non_compliance_threshold}; it must be a whole number, 0 or more."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a customer KMS key for the bucket, the topic, the queues, the table and the log group; docs/security.md has the key policy that it needs. Null encrypts by AWS's own keys, the topic by none."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[0-9A-Za-z-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, and not of an alias."
  }
}

variable "lambda_zip_path" {
  type        = string
  description = "Path of the function's zip, built or downloaded; null takes the one that scripts/build.sh --release makes, or the object of s3_bucket and s3_key."
  default     = null

  validation {
    condition     = var.lambda_zip_path == null ? true : endswith(var.lambda_zip_path, ".zip")
    error_message = "lambda_zip_path must name a .zip file, or be null for target/lambda/bootstrap-<architecture>.zip."
  }
}

variable "log_bucket_name" {
  type        = string
  description = "Name of the audit log bucket, for when the default is taken (bucket names are global); null gives compliance-logs-<suffix>. It is for good: another name is refused, since it would delete the audit log."
  default     = null

  validation {
    condition = var.log_bucket_name == null || (
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.log_bucket_name)) &&
      !can(regex("\\.\\.|^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$", var.log_bucket_name))
    )
    error_message = "log_bucket_name must be 3 to 63 lowercase letters, digits, dots and hyphens, begin and end with a letter or digit, hold no two dots in a row and not look like an IP address."
  }

  validation {
    condition     = var.log_bucket_name == null || !can(regex("^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3|-an)$", var.log_bucket_name))
    error_message = "log_bucket_name must not begin with xn--, sthree- or amzn-s3-demo-, nor end with -s3alias, --ol-s3, .mrap, --x-s3, --table-s3 or -an: S3 reserves these."
  }
}

variable "log_level" {
  type        = string
  description = "Least severe level of the function's own log lines: TRACE, DEBUG, INFO, WARN or ERROR."
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days that the function's log lines are kept: one of the numbers that CloudWatch Logs takes."
  default     = 7
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics. Two environments of one account and region need two, or they trip each other's alarm."
  default     = "TagCompliance"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z._/#: -]{1,255}$", var.metric_namespace)) && can(regex("^[^:]", var.metric_namespace)) && can(regex("[^ ]", var.metric_namespace))
    error_message = "metric_namespace must be 1 to 255 letters, digits, spaces and . - _ / # : characters, not blank, and not begin with a colon."
  }

  validation {
    condition     = !startswith(var.metric_namespace, "AWS/")
    error_message = "metric_namespace must not begin with AWS/: it is reserved for AWS's own metrics."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the IAM policy that bounds the function's role, where whoever applies may create roles only with it; null sets none."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "recursion_config_enabled" {
  type        = bool
  description = "Whether Lambda is told that the parts of a long sweep are no loop. False where Lambda has no recursion detection: us-gov-*, mx-central-1, ap-southeast-6."
  default     = true
  nullable    = false
}

variable "reminder_days" {
  type        = list(number)
  description = "Days after which a digest counts a violation that is still open as overdue, each 1 to 365; [] counts none."
  default     = [3, 7, 14]
  nullable    = false

  validation {
    condition = length(distinct(var.reminder_days)) == length(var.reminder_days) && alltrue([
      for days in var.reminder_days : try(days >= 1 && days <= 365 && floor(days) == days, false)
    ])
    error_message = "reminder_days is ${jsonencode(var.reminder_days)}; it must hold distinct whole numbers from 1 to 365, or nothing."
  }
}

variable "resolved_notices_enabled" {
  type        = bool
  description = "Whether people are also told of violations that ended, where they were told of them."
  default     = false
  nullable    = false
}

variable "s3_bucket" {
  type        = string
  description = "Bucket that holds the function's zip, in the environment's region; null takes a file."
  default     = null

  validation {
    condition     = (var.s3_bucket == null) == (var.s3_key == null)
    error_message = "s3_bucket and s3_key name the function's zip together; set both, or neither."
  }

  validation {
    condition     = var.s3_bucket == null || var.lambda_zip_path == null
    error_message = "The function's zip is either a file, by lambda_zip_path, or an object, by s3_bucket and s3_key; set only one."
  }
}

variable "s3_key" {
  type        = string
  description = "Key of the function's zip in s3_bucket. A new zip is deployed where the key or s3_object_version changes."
  default     = null

  validation {
    condition     = var.s3_key == null ? true : endswith(var.s3_key, ".zip")
    error_message = "s3_key is ${jsonencode(var.s3_key)}; it must end with .zip."
  }
}

variable "s3_object_version" {
  type        = string
  description = "Version of the object, where s3_bucket keeps versions; null takes the latest at the time."
  default     = null

  validation {
    condition     = var.s3_object_version == null || var.s3_key != null
    error_message = "s3_object_version is that of the object at s3_key; set s3_bucket and s3_key too."
  }
}

variable "scheduler_enabled" {
  type        = bool
  description = "Whether EventBridge Scheduler starts the sweep; false leaves it to a scheduled rule of EventBridge, where a region has no Scheduler."
  default     = true
  nullable    = false
}

variable "settle_seconds" {
  type        = number
  description = "Seconds that an instance has after its launch for the tags that are yet to come, before a violation counts; later changes of its tags are judged at once, and 0 judges launches at once too."
  default     = 60
  nullable    = false

  validation {
    condition     = var.settle_seconds >= 0 && var.settle_seconds <= 900 && floor(var.settle_seconds) == var.settle_seconds
    error_message = "settle_seconds is ${var.settle_seconds}; it must be a whole number from 0 to 900, the longest delay of SQS."
  }
}

variable "suffix" {
  type        = string
  description = "Suffix of every resource's name, one per environment: lowercase letters, digits and inner hyphens, at most 36 characters."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,34}[a-z0-9])?$", var.suffix))
    error_message = "suffix must be 1 to 36 lowercase letters, digits and hyphens, and begin and end with a letter or digit (an IAM role name holds 64 characters)."
  }

  validation {
    condition     = var.log_bucket_name != null || !can(regex("(^|-)(s3alias|an)$|--(ol|x|table)-s3$", var.suffix))
    error_message = "suffix must not be or end with s3alias, an, --ol-s3, --x-s3 or --table-s3 after a hyphen, which S3 reserves in bucket names, unless log_bucket_name is set."
  }
}

variable "sweep_digest" {
  type        = string
  description = "When a sweep sends its digest: violations (where it found any) or always."
  default     = "violations"
  nullable    = false

  validation {
    condition     = contains(["violations", "always"], var.sweep_digest)
    error_message = "sweep_digest is ${jsonencode(var.sweep_digest)}; it must be violations or always."
  }
}

variable "sweep_schedule" {
  type        = string
  description = "When all instances are checked anew, as a rate(...) or cron(...) expression in UTC; null never does."
  default     = "rate(1 day)"

  validation {
    condition     = var.sweep_schedule == null || can(regex(local.schedule_pattern, var.sweep_schedule))
    error_message = "sweep_schedule is ${jsonencode(var.sweep_schedule)}; it must be as rate(1 day) or rate(12 hours), or as cron(0 6 ? * MON-FRI *): minutes, hours, day of month, month, day of week (1 to 7 from Sunday, or SUN to SAT) and year, of the two days exactly one \"?\"; or null, which needs a .tfvars file because -var takes it for a text."
  }
}

variable "tag_policy" {
  # Its fields are in modules/tag-policy/fields.tf.
  type        = any
  description = "Which tags every EC2 instance must and must not carry, which instances that is for, and who is exempt until when. All parts of a condition (when, include, exclude) that are given must hold."
  default = {
    required_tags = [
      { key = "Environment", allowed_values = ["dev", "staging", "prod"] },
      { key = "Owner" },
      { key = "Application" },
    ]
  }
  nullable = false

  # All else is checked by modules/tag-policy.
  validation {
    condition     = try(length(var.tag_policy.required_tags), 0) + try(length(var.tag_policy.forbidden_tags), 0) > 0
    error_message = "tag_policy must have at least one rule, in required_tags or in forbidden_tags."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of the resources made here. With the provider's default_tags they must satisfy tag_policy: we carry what we demand of others. Null sets Environment, Owner and Application to dev, platform-team and ec2-tag-compliance where default_tags lack them."
  default     = null

  validation {
    condition = var.tags == null ? true : length(var.tags) <= 50 && alltrue([
      for key, value in var.tags :
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !can(regex("^(?i:aws:)", key)) &&
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))
    ])
    error_message = "tags must be at most 50, with keys of 1 to 128 and values of up to 256 letters, digits, spaces and _ . : / = + - @ characters; no key may begin with aws:."
  }
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states whose events are checked, and which a sweep covers. Events of terminated are taken besides, to close violations."
  default     = ["running", "stopped"]
  nullable    = false

  validation {
    condition     = length(var.watched_states) > 0 && length(setsubtract(var.watched_states, ["pending", "running", "stopping", "stopped"])) == 0
    error_message = "watched_states must hold at least one of pending, running, stopping and stopped; instances that are shutting-down or terminated are always skipped."
  }
}
