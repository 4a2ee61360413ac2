data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  lifecycle {
    # Checked here, before any resource is created: otherwise an apply would stop halfway.
    postcondition {
      condition     = !var.recursion_config_enabled || !anytrue([for region in local.regions_without_recursion_config : startswith(self.id, region)])
      error_message = "Lambda has no recursion detection in ${self.id}, and no API to configure it: set recursion_config_enabled = false."
    }
  }
}

locals {
  # Source: https://github.com/aws/aws-lambda-roadmap/issues/18, September 2025.
  regions_without_recursion_config = ["us-gov-", "mx-central-1", "ap-southeast-6"]

  sweeps_by_rule = var.sweep_schedule != null && !var.scheduler_enabled
}

module "tag_policy" {
  source = "./modules/tag-policy"

  own_tags   = local.all_tags
  tag_policy = var.tag_policy
}

# Only a warning: such a policy may be intended, and each digest counts what it excludes.
check "tag_policy" {
  assert {
    condition     = length(module.tag_policy.warnings) == 0
    error_message = join("\n", module.tag_policy.warnings)
  }
}

# Expired exemptions have no effect; the warning says which ones to remove.
check "exemptions" {
  assert {
    condition     = length(module.tag_policy.expired_exemptions) == 0
    error_message = join("\n", module.tag_policy.expired_exemptions)
  }
}

# Anyone who opens a pull request can change environments with such names (terraform/github), so a role among them without the
# boundary is one whose permissions they can widen. In an account without those roles, the names are harmless.
check "pull_request_names" {
  assert {
    condition     = var.permissions_boundary_arn != null || !can(regex("^pr[1-9]", var.suffix))
    error_message = "The suffix ${var.suffix} belongs to the environments of pull requests, and permissions_boundary_arn is null. If this account has the roles of terraform/github, pull requests can change this environment and the permissions of its roles: choose another suffix, or set the boundary (docs/pull-request-environments.md)."
  }
}

module "audit_log" {
  source = "./modules/audit-log"

  bucket_name    = local.names.log_bucket
  kms_key_arn    = var.kms_key_arn
  retention_days = var.audit_log_retention_days
  tags           = local.tags
  writer_arn     = local.arns.role
}

module "alerts" {
  source = "./modules/alerts"

  alarm_arns        = local.arns.alarms
  alert_emails      = var.alert_emails
  escalation_emails = var.escalation_emails
  kms_key_arn       = var.kms_key_arn
  owners            = var.owners
  topic_name        = local.names.alert_topic
  tags              = local.tags
}

module "dead_letter_queue" {
  source = "./modules/dead-letter-queue"

  kms_key_arn = var.kms_key_arn
  queue_arn   = local.arns.dead_letter_queue
  queue_name  = local.names.dead_letter_queue
  rule_arns   = concat([local.arns.state_change_rule, local.arns.tag_change_rule], local.sweeps_by_rule ? [local.arns.sweep_rule] : [])
  tags        = local.tags
}

# The function sends to itself here: new instances come back after their grace period, and long sweeps continue.
module "delay_queue" {
  source = "./modules/work-queue"

  dead_letter_queue_arn = module.dead_letter_queue.queue.arn
  kms_key_arn           = var.kms_key_arn
  queue_arn             = local.arns.delay_queue
  queue_name            = local.names.delay_queue
  sender_arn            = local.arns.role
  tags                  = local.tags
}

# An environment from an earlier version keeps its queue, and the events waiting in it.
moved {
  from = module.delay_queue[0].aws_sqs_queue.delay
  to   = module.delay_queue.aws_sqs_queue.work
}

module "state_table" {
  source = "./modules/state-table"

  kms_key_arn = var.kms_key_arn
  table_name  = local.names.state_table
  tags        = local.tags
}

# Always created, so that changing event_delivery only moves the rules' targets.
module "event_queue" {
  source = "./modules/work-queue"

  dead_letter_queue_arn = module.dead_letter_queue.queue.arn
  kms_key_arn           = var.kms_key_arn
  queue_arn             = local.arns.event_queue
  queue_name            = local.names.event_queue
  rule_arns             = [local.arns.state_change_rule, local.arns.tag_change_rule]
  tags                  = local.tags
}

# An environment from an earlier version keeps its queue, and the events waiting in it.
moved {
  from = module.event_queue[0]
  to   = module.event_queue
}

module "checker" {
  source = "./modules/checker"

  account_id                   = local.account_id
  alert_group_interval_seconds = var.alert_group_interval_seconds
  alert_repeat_interval_hours  = var.alert_repeat_interval_hours
  alert_tags                   = var.alert_tags
  alert_topic_arn              = module.alerts.topic.arn
  architecture                 = local.architecture
  audit_records                = var.audit_records
  dead_letter_queue_arn        = module.dead_letter_queue.queue.arn
  delay_queue                  = module.delay_queue.queue
  environment_suffix           = var.suffix
  escalate_after_days          = var.escalate_after_days
  event_bus_arn                = local.arns.event_bus
  event_queue                  = module.event_queue.queue
  function_name                = local.names.function
  kms_key_arn                  = var.kms_key_arn
  log_bucket = {
    arn  = module.audit_log.bucket.arn
    name = module.audit_log.bucket.bucket
  }
  log_group_name           = local.names.log_group
  log_level                = var.log_level
  log_retention_days       = var.log_retention_days
  metric_namespace         = var.metric_namespace
  metrics                  = var.metrics
  owner_patterns           = keys(var.owners)
  permissions_boundary_arn = var.permissions_boundary_arn
  recursion_config_enabled = var.recursion_config_enabled
  reminder_days            = var.reminder_days
  resolved_notices_enabled = var.resolved_notices_enabled
  role_name                = local.names.role
  s3_object                = local.s3_object
  settle_seconds           = var.settle_seconds
  state_table = {
    arn           = module.state_table.table.arn
    due_index_arn = module.state_table.due_index_arn
    name          = module.state_table.table.name
  }
  sweep_digest             = var.sweep_digest
  system_log_level         = var.system_log_level
  tag_policy_json          = module.tag_policy.json
  tags                     = local.tags
  violation_events_enabled = var.violation_events_enabled
  watched_states           = var.watched_states
  zip_path                 = local.lambda_zip_path
}

module "events" {
  source = "./modules/events"

  alert_group_wait_seconds    = var.alert_group_wait_seconds
  dead_letter_queue_arn       = module.dead_letter_queue.queue.arn
  delay_queue                 = module.delay_queue.queue
  event_delivery              = var.event_delivery
  event_queue                 = module.event_queue.queue
  event_queue_drain_seconds   = var.event_queue_drain_seconds
  event_queue_max_concurrency = var.event_queue_max_concurrency
  event_queue_window_seconds  = var.event_queue_window_seconds
  function_arn                = module.checker.function.arn
  function_name               = module.checker.function.function_name
  state_change_rule_name      = local.names.state_change_rule
  state_stream_arn            = module.state_table.table.stream_arn
  tag_change_rule_name        = local.names.tag_change_rule
  tags                        = local.tags
  watched_states              = var.watched_states
}

module "sweep" {
  source = "./modules/sweep"
  count  = var.sweep_schedule != null && var.scheduler_enabled ? 1 : 0

  account_id               = local.account_id
  dead_letter_queue_arn    = module.dead_letter_queue.queue.arn
  function_arn             = module.checker.function.arn
  kms_key_arn              = var.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  role_name                = local.names.sweep_role
  schedule_expression      = var.sweep_schedule
  schedule_group_arn       = local.arns.schedule_group
  schedule_name            = local.names.sweep_schedule
  tags                     = local.tags
}

module "sweep_rule" {
  source = "./modules/sweep-rule"
  count  = local.sweeps_by_rule ? 1 : 0

  dead_letter_queue_arn = module.dead_letter_queue.queue.arn
  function_arn          = module.checker.function.arn
  function_name         = module.checker.function.function_name
  rule_name             = local.names.sweep_rule
  schedule_expression   = var.sweep_schedule
  tags                  = local.tags
}

# CloudWatch looks back a week at most, and the alarm needs two sweeps in that time.
check "sweeps" {
  assert {
    condition     = local.sweeps_are_watched || !var.health_alarms_enabled || var.sweep_schedule == null
    error_message = "With sweep_schedule ${jsonencode(var.sweep_schedule)}, sweeps can be more than three days apart, too far for an alarm on a missing sweep. Sweep more often, or monitor sweeps by other means."
  }
}

module "observability" {
  source = "./modules/observability"

  alarm_name      = local.names.alarm
  alert_topic_arn = module.alerts.topic.arn
  channel_alarms = {
    dead_letter_queue_name = local.has_channels ? local.names.channels_dead_letter_queue : null
    dead_letters_name      = local.names.channels_dead_letters_alarm
    failed_name            = local.names.channels_failed_alarm
    state_machine_arns     = module.channel_machine[*].state_machine.arn
  }
  dashboard_enabled             = var.dashboard_enabled
  dashboard_name                = local.names.dashboard
  dead_letter_queue_name        = local.names.dead_letter_queue
  dead_letters_alarm_name       = local.names.dead_letters_alarm
  health_alarms_enabled         = var.health_alarms_enabled
  high_non_compliance_threshold = var.high_non_compliance_threshold
  metric_namespace              = var.metric_namespace
  no_sweep_alarm_hours          = local.sweeps_are_watched ? ceil(2 * local.sweep_interval_hours) : null
  no_sweep_alarm_name           = local.names.no_sweep_alarm
  ok_actions_enabled            = var.alarm_ok_actions_enabled
  region                        = local.region
  tags                          = local.tags
  unwritten_records_alarm_name  = local.names.unwritten_records_alarm
}
