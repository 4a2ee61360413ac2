variable "alarm_ok_actions_enabled" {
  type        = bool
  description = "Whether the alarms also notify the alert topic when they return to OK; each does so once after it is created."
  default     = false
  nullable    = false
}

variable "alert_emails" {
  type        = set(string)
  description = "Email addresses to subscribe to the alerts; each must first confirm the subscription email from AWS."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex(local.email_pattern, email))])
    error_message = "alert_emails must hold email addresses such as team@example.com."
  }
}

variable "alert_group_interval_seconds" {
  type        = number
  description = "Minimum seconds between two alerts to one owner, 0 to 900. What happens in between goes into the next alert."
  default     = 60
  nullable    = false

  validation {
    condition     = var.alert_group_interval_seconds >= 0 && var.alert_group_interval_seconds <= 900 && floor(var.alert_group_interval_seconds) == var.alert_group_interval_seconds
    error_message = "alert_group_interval_seconds is ${var.alert_group_interval_seconds}; it must be a whole number from 0 to 900, the longest delay that SQS allows."
  }
}

variable "alert_group_wait_seconds" {
  type        = number
  description = "Seconds to gather violations before the first alert, 0 to 300."
  default     = 10
  nullable    = false

  validation {
    condition     = var.alert_group_wait_seconds >= 0 && var.alert_group_wait_seconds <= 300 && floor(var.alert_group_wait_seconds) == var.alert_group_wait_seconds
    error_message = "alert_group_wait_seconds is ${var.alert_group_wait_seconds}; it must be a whole number from 0 to 300, the longest batching window that Lambda allows."
  }
}

variable "alert_repeat_interval_hours" {
  type        = number
  description = "Hours after which a check of an instance that is still in violation alerts again. 0 alerts at every such check, and alert_group_interval_seconds then counts as 0. Null never alerts again."
  default     = 168

  validation {
    condition     = var.alert_repeat_interval_hours == null ? true : var.alert_repeat_interval_hours >= 0 && var.alert_repeat_interval_hours <= 8760 && floor(var.alert_repeat_interval_hours) == var.alert_repeat_interval_hours
    error_message = "alert_repeat_interval_hours is ${jsonencode(var.alert_repeat_interval_hours)}; it must be a whole number from 0 to 8760, a year, or null."
  }
}

variable "alert_tags" {
  type        = string
  description = "Which of an instance's tags an alert shows: all, or policy (those that tag_policy names, and Name)."
  default     = "all"
  nullable    = false

  validation {
    condition     = contains(["all", "policy"], var.alert_tags)
    error_message = "alert_tags is ${jsonencode(var.alert_tags)}; it must be all or policy."
  }
}

variable "architecture" {
  type        = string
  description = "Instruction set of the Lambda function, the one its zip was built for: arm64 or x86_64. Null uses that of the zip built by scripts/build.sh --release, or arm64 if both were built or another zip is given."
  default     = null

  validation {
    condition     = var.architecture == null ? true : contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is ${jsonencode(var.architecture)}; it must be arm64 or x86_64, or null."
  }
}

variable "audit_log_retention_days" {
  type        = number
  description = "Days after which an audit record expires."
  default     = 30
  nullable    = false

  validation {
    condition     = var.audit_log_retention_days >= 1 && var.audit_log_retention_days <= 36500 && floor(var.audit_log_retention_days) == var.audit_log_retention_days
    error_message = "audit_log_retention_days is ${var.audit_log_retention_days}; it must be a whole number from 1 to 36500."
  }
}

variable "audit_records" {
  type        = string
  description = "How the audit log holds the evaluations of queued events: each (an object each) or batch (one object of JSON Lines for those that the function received together; needs event_delivery = \"queue\")."
  default     = "each"
  nullable    = false

  validation {
    condition     = contains(["each", "batch"], var.audit_records)
    error_message = "audit_records is ${jsonencode(var.audit_records)}; it must be each or batch."
  }

  validation {
    condition     = var.audit_records != "batch" || var.event_delivery == "queue"
    error_message = "audit_records is \"batch\", but event_delivery is ${jsonencode(var.event_delivery)}: only events of a queue come in batches. Set event_delivery = \"queue\", or audit_records = \"each\"."
  }
}

variable "channel_secrets" {
  # Checked in channels.tf: a validation that fails prints the line of the file that has the secret.
  type        = map(string)
  description = "Secrets of channels, by the channel's name: Terraform then makes the connection, and the state holds the secret, as do plan files. A connection_arn keeps it out of both. A Slack bot token, PagerDuty's integration key, the key of Jira Service Management's API integration, the sig of a Teams workflow's URL, or the value of the header Authorization of a webhook."
  default     = {}
  nullable    = false
  sensitive   = true
}

variable "channels" {
  # modules/channel-settings validates them.
  type = map(object({
    # webhook, teams, chat (Amazon Q Developer in Slack or Teams), slack, pagerduty or jsm (Jira Service Management).
    type = string
    # EventBridge connection that holds the secret; docs/channels.md has the command that makes it. Not for chat, nor with channel_secrets.
    connection_arn = optional(string)
    # webhook, teams: where to post, without the secret. pagerduty, jsm: another endpoint than the default, such as the EU's.
    url = optional(string)
    # slack, chat: ID of the channel, such as C0123456789, or that of a Teams channel.
    channel_id = optional(string)
    # chat in Slack: ID of the workspace, which Amazon Q Developer has been authorized in.
    workspace_id = optional(string)
    # chat in Teams: IDs of the team, which Amazon Q Developer has been authorized in, and of the tenant.
    team_id   = optional(string)
    tenant_id = optional(string)
    # Filters; null lets everything pass. severities: critical, high, medium, low; what has none does not pass.
    severities = optional(set(string))
    # Values of the owner tag, or patterns with *.
    owners = optional(set(string))
    # Account IDs.
    accounts = optional(set(string))
    # opened, changed, resolved; for teams, chat and slack also still-open, escalated, digest. Not for pagerduty and jsm.
    changes = optional(set(string))
  }))
  description = "Where violations are told beside the alert topic, by a name of up to 19 lowercase letters, digits and underscores. docs/channels.md has the fields."
  default     = {}
  nullable    = false
}

variable "dashboard_enabled" {
  type        = bool
  description = "Whether to create the CloudWatch dashboard; an account's first three are free."
  default     = true
  nullable    = false
}

variable "escalate_after_days" {
  type        = number
  description = "Days after which an open violation is told once more, as escalated, 1 to 365: to escalation_emails too, and to channels. Null never escalates."
  default     = null

  validation {
    condition     = var.escalate_after_days == null ? true : var.escalate_after_days >= 1 && var.escalate_after_days <= 365 && floor(var.escalate_after_days) == var.escalate_after_days
    error_message = "escalate_after_days is ${jsonencode(var.escalate_after_days)}; it must be a whole number from 1 to 365, or null."
  }
}

variable "escalation_emails" {
  type        = set(string)
  description = "Email addresses that get only what is escalated; each must first confirm the subscription email from AWS."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.escalation_emails : can(regex(local.email_pattern, email))])
    error_message = "escalation_emails must hold email addresses such as manager@example.com."
  }

  validation {
    condition     = length(var.escalation_emails) == 0 || var.escalate_after_days != null
    error_message = "escalation_emails get nothing while escalate_after_days is null; set it, or remove the addresses."
  }
}

variable "event_delivery" {
  type        = string
  description = "How events reach the function: direct (an invocation each, at once) or queue (in batches of up to 200, up to a second later)."
  default     = "direct"
  nullable    = false

  validation {
    condition     = contains(["direct", "queue"], var.event_delivery)
    error_message = "event_delivery is ${jsonencode(var.event_delivery)}; it must be direct or queue."
  }
}

variable "event_queue_drain_seconds" {
  type        = number
  description = "Seconds to keep reading the event queue after the rules stop sending to it, 0 to 3600. An apply waits this long when event_delivery changes from queue to direct, as does a destroy of an environment that delivers by queue."
  default     = 60
  nullable    = false

  validation {
    condition     = var.event_queue_drain_seconds >= 0 && var.event_queue_drain_seconds <= 3600 && floor(var.event_queue_drain_seconds) == var.event_queue_drain_seconds
    error_message = "event_queue_drain_seconds is ${var.event_queue_drain_seconds}; it must be a whole number from 0 to 3600."
  }
}

variable "event_queue_max_concurrency" {
  type        = number
  description = "How many batches of the event queue are processed at a time if event_delivery is queue, 2 to 1000."
  default     = 10
  nullable    = false

  validation {
    condition     = var.event_queue_max_concurrency >= 2 && var.event_queue_max_concurrency <= 1000 && floor(var.event_queue_max_concurrency) == var.event_queue_max_concurrency
    error_message = "event_queue_max_concurrency is ${var.event_queue_max_concurrency}; it must be a whole number from 2 to 1000, the range of Lambda's MaximumConcurrency."
  }
}

variable "event_queue_window_seconds" {
  type        = number
  description = "Seconds in which events gather into a batch if event_delivery is queue, 1 to 20. More make larger batches, which cost less, and delay each alert by as much."
  default     = 1
  nullable    = false

  validation {
    condition     = var.event_queue_window_seconds >= 1 && var.event_queue_window_seconds <= 20 && floor(var.event_queue_window_seconds) == var.event_queue_window_seconds
    error_message = "event_queue_window_seconds is ${var.event_queue_window_seconds}; it must be a whole number from 1 to 20, as long as Lambda waits for messages anyway."
  }
}

variable "health_alarms_enabled" {
  type        = bool
  description = "Whether to create the alarms on the system itself: dead letters, audit records that could not be written to S3, and missing sweeps. Each costs $0.10 a month."
  default     = true
  nullable    = false
}

variable "high_non_compliance_threshold" {
  type        = number
  description = "Number of non-compliant evaluations within five minutes above which the alarm on spikes fires."
  default     = 5
  nullable    = false

  validation {
    condition     = var.high_non_compliance_threshold >= 0 && floor(var.high_non_compliance_threshold) == var.high_non_compliance_threshold
    error_message = "high_non_compliance_threshold is ${var.high_non_compliance_threshold}; it must be a whole number, 0 or more."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a customer managed KMS key for the bucket, topic, queues, table and log group; docs/security.md has the key policy it needs. Null encrypts with AWS's own keys, and leaves the topic unencrypted."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[0-9A-Za-z-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, not of an alias."
  }
}

variable "lambda_zip_path" {
  type        = string
  description = "Path of the function's zip, built or downloaded. Null uses the one that scripts/build.sh --release builds, or the object at s3_bucket and s3_key."
  default     = null

  validation {
    condition     = var.lambda_zip_path == null ? true : endswith(var.lambda_zip_path, ".zip")
    error_message = "lambda_zip_path must name a .zip file, or be null for target/lambda/bootstrap-<architecture>.zip."
  }
}

variable "log_bucket_name" {
  type        = string
  description = "Name of the audit log bucket, in case somebody else has the default (bucket names are global). Null gives compliance-logs-<suffix>. It cannot be changed later: a new name would delete the audit log, so the plan refuses it."
  default     = null

  validation {
    condition = var.log_bucket_name == null || (
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.log_bucket_name)) &&
      !can(regex("\\.\\.|^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$", var.log_bucket_name))
    )
    error_message = "log_bucket_name must be 3 to 63 lowercase letters, digits, dots and hyphens, begin and end with a letter or digit, have no two dots in a row and not look like an IP address."
  }

  validation {
    condition     = var.log_bucket_name == null || !can(regex("^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3|-an)$", var.log_bucket_name))
    error_message = "log_bucket_name must not begin with xn--, sthree- or amzn-s3-demo-, nor end with -s3alias, --ol-s3, .mrap, --x-s3, --table-s3 or -an: S3 reserves these."
  }
}

variable "log_level" {
  type        = string
  description = "Minimum level of the function's own log lines: TRACE, DEBUG, INFO, WARN or ERROR."
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days to keep the function's log lines, one of the numbers that CloudWatch Logs accepts."
  default     = 7
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs accepts 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics. Two environments in one account and region need different ones, or they trip each other's alarms."
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

variable "metrics" {
  type        = string
  description = "How events' evaluations become metrics: api (PutMetricData) or logs (metric filters over the function's log, cheaper for large fleets). Sweeps always use PutMetricData."
  default     = "api"
  nullable    = false

  validation {
    condition     = contains(["api", "logs"], var.metrics)
    error_message = "metrics must be api or logs."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
  validation {
    condition     = var.metrics != "logs" || !strcontains(var.metric_namespace, ":")
    error_message = "With metrics = \"logs\", metric_namespace must not contain a colon, as ${var.metric_namespace} does: CloudWatch Logs refuses it in a metric filter."
  }
}

variable "owners" {
  type = map(object({
    emails   = optional(set(string), [])
    channels = optional(set(string), [])
  }))
  description = "Who is told of whose instances. A key is a value of the owner tag, or a pattern in which * stands for any characters; * alone is everyone else, and whoever has no owner. An instance belongs to one key: its owner itself, otherwise the longest pattern. Each address must first confirm the subscription email from AWS."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.owners) <= local.owner_limits.owners
    error_message = "owners has ${length(var.owners)} keys; it may have ${local.owner_limits.owners}. Let a pattern with * stand for several."
  }

  validation {
    condition = alltrue([
      for key in keys(var.owners) :
      can(regex(local.owner_pattern, key)) && !can(regex("^${local.blank}|${local.blank}$", key)) && !strcontains(key, "**")
    ])
    error_message = "Each key of owners must have 1 to ${local.owner_limits.owner_chars} characters, without blanks at its ends, control characters, quotation marks, backslashes and **."
  }

  validation {
    condition     = alltrue([for email in flatten([for owner in values(var.owners) : tolist(owner.emails)]) : can(regex(local.email_pattern, email))])
    error_message = "owners must hold email addresses such as team@example.com."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of an IAM policy to set as the permissions boundary of every role, for accounts that demand one. Null sets none."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "recursion_config_enabled" {
  type        = bool
  description = "Whether to tell Lambda that the parts of a long sweep are not a loop. Set false in regions without recursion detection: us-gov-*, mx-central-1, ap-southeast-6."
  default     = true
  nullable    = false
}

variable "reminder_days" {
  type        = list(number)
  description = "Days after which a digest counts an open violation as overdue, each 1 to 365; [] counts none."
  default     = [3, 7, 14]
  nullable    = false

  validation {
    condition = length(distinct(var.reminder_days)) == length(var.reminder_days) && alltrue([
      for days in var.reminder_days : try(days >= 1 && days <= 365 && floor(days) == days, false)
    ])
    error_message = "reminder_days is ${jsonencode(var.reminder_days)}; it must hold distinct whole numbers from 1 to 365, or be empty."
  }
}

variable "resolved_notices_enabled" {
  type        = bool
  description = "Whether to also send a notice when a violation that was alerted is resolved."
  default     = false
  nullable    = false
}

variable "s3_bucket" {
  type        = string
  description = "Bucket that holds the function's zip, in the environment's region. Null uses a file."
  default     = null

  validation {
    condition     = (var.s3_bucket == null) == (var.s3_key == null)
    error_message = "s3_bucket and s3_key name the function's zip together; set both, or neither."
  }

  validation {
    condition     = var.s3_bucket == null || var.lambda_zip_path == null
    error_message = "The function's zip is either the file lambda_zip_path or the object at s3_bucket and s3_key; set only one."
  }
}

variable "s3_key" {
  type        = string
  description = "Key of the function's zip in s3_bucket. A new zip is deployed when the key or s3_object_version changes."
  default     = null

  validation {
    condition     = var.s3_key == null ? true : endswith(var.s3_key, ".zip")
    error_message = "s3_key is ${jsonencode(var.s3_key)}; it must end with .zip."
  }
}

variable "s3_object_version" {
  type        = string
  description = "Version of the object, if s3_bucket is versioned. Null uses the latest at the time of the deployment."
  default     = null

  validation {
    condition     = var.s3_object_version == null || var.s3_key != null
    error_message = "s3_object_version is the version of the object at s3_key; set s3_bucket and s3_key too."
  }
}

variable "scheduler_enabled" {
  type        = bool
  description = "Whether EventBridge Scheduler starts the sweep. False uses a scheduled EventBridge rule instead, for regions without Scheduler."
  default     = true
  nullable    = false
}

variable "settle_seconds" {
  type        = number
  description = "Grace period in seconds, 0 to 900: how long after its launch an instance has to be tagged before a violation counts. Later tag changes are evaluated at once; 0 evaluates launches at once too."
  default     = 60
  nullable    = false

  validation {
    condition     = var.settle_seconds >= 0 && var.settle_seconds <= 900 && floor(var.settle_seconds) == var.settle_seconds
    error_message = "settle_seconds is ${var.settle_seconds}; it must be a whole number from 0 to 900, the longest delay that SQS allows."
  }
}

variable "suffix" {
  type        = string
  description = "Suffix of every resource name, one per environment: lowercase letters, digits and inner hyphens, at most 36 characters."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,34}[a-z0-9])?$", var.suffix))
    error_message = "suffix must be 1 to 36 lowercase letters, digits and hyphens, and begin and end with a letter or digit (IAM limits role names to 64 characters)."
  }

  validation {
    condition     = var.log_bucket_name != null || !can(regex("(^|-)(s3alias|an)$|--(ol|x|table)-s3$", var.suffix))
    error_message = "suffix must not be or end with s3alias, an, --ol-s3, --x-s3 or --table-s3 after a hyphen, which S3 reserves in bucket names, unless log_bucket_name is set."
  }
}

variable "sweep_digest" {
  type        = string
  description = "When a sweep sends its digest: violations (only if it found any) or always."
  default     = "violations"
  nullable    = false

  validation {
    condition     = contains(["violations", "always"], var.sweep_digest)
    error_message = "sweep_digest is ${jsonencode(var.sweep_digest)}; it must be violations or always."
  }
}

variable "sweep_schedule" {
  type        = string
  description = "When to evaluate the whole fleet, as a rate(...) or cron(...) expression in UTC. Null never sweeps."
  default     = "rate(1 day)"

  validation {
    condition     = var.sweep_schedule == null || can(regex(local.schedule_pattern, var.sweep_schedule))
    error_message = "sweep_schedule is ${jsonencode(var.sweep_schedule)}; it must look like rate(1 day), rate(12 hours) or cron(0 6 ? * MON-FRI *): minutes, hours, day of month, month, day of week (1 to 7 from Sunday, or SUN to SAT) and year, with \"?\" in exactly one of the two day fields; or be null, which needs a .tfvars file because -var reads it as a string."
  }
}

variable "system_log_level" {
  type        = string
  description = "Minimum level of Lambda's own log lines, which it adds to the function's: DEBUG, INFO or WARN. At WARN, an invocation that succeeds has no platform.start and no platform.report, which are 380 bytes."
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.system_log_level)
    error_message = "system_log_level must be DEBUG, INFO or WARN."
  }
}

variable "tag_policy" {
  # Its fields are in modules/tag-policy/fields.tf.
  type        = any
  description = "Which tags every EC2 instance must and must not have, which instances the policy covers, and who is exempt until when. A condition (when, include, exclude) matches when all of its parts do."
  default = {
    required_tags = [
      { key = "Environment", allowed_values = ["dev", "staging", "prod"] },
      { key = "Owner" },
      { key = "Application" },
    ]
  }
  nullable = false

  # modules/tag-policy validates the rest.
  validation {
    condition     = try(length(var.tag_policy.required_tags), 0) + try(length(var.tag_policy.forbidden_tags), 0) > 0
    error_message = "tag_policy must have at least one rule, in required_tags or in forbidden_tags."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of the resources created here. Together with the provider's default_tags they must satisfy tag_policy, so that this system obeys the policy it enforces. Null sets Environment, Owner and Application to dev, platform-team and ec2-tag-compliance unless default_tags have them."
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

variable "violation_events_enabled" {
  type        = bool
  description = "Whether to publish violations and notifications as events on the account's default event bus, with the source tag-compliance. Channels need them."
  default     = true
  nullable    = false

  validation {
    condition     = var.violation_events_enabled || length(var.channels) == 0
    error_message = "violation_events_enabled is false, and channels has ${join(", ", keys(var.channels))}; channels deliver these events: set it to true, or remove the channels."
  }
}

variable "watched_states" {
  type        = set(string)
  description = "Instance states whose events are checked and which a sweep covers. Events for terminated are always handled, to close violations."
  default     = ["running", "stopped"]
  nullable    = false

  validation {
    condition     = length(var.watched_states) > 0 && length(setsubtract(var.watched_states, ["pending", "running", "stopping", "stopped"])) == 0
    error_message = "watched_states must hold at least one of pending, running, stopping and stopped; instances that are shutting-down or terminated are always skipped."
  }
}
