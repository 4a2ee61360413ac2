locals {
  names = {
    alarm             = "high-non-compliance-${var.suffix}"
    alert_topic       = "compliance-alerts-${var.suffix}"
    dashboard         = "tag-compliance-${var.suffix}"
    dead_letter_queue = "tag-compliance-dlq-${var.suffix}"
    delay_queue       = "tag-compliance-delay-${var.suffix}"
    event_queue       = "tag-compliance-events-${var.suffix}"
    function          = "tag-compliance-checker-${var.suffix}"
    log_bucket        = coalesce(var.log_bucket_name, "compliance-logs-${var.suffix}")
    log_group         = "/aws/lambda/tag-compliance-checker-${var.suffix}"
    role              = "tag-compliance-checker-role-${var.suffix}"
    state_change_rule = "ec2-state-change-${var.suffix}"
    sweep_role        = "tag-compliance-sweep-role-${var.suffix}"
    sweep_schedule    = "tag-compliance-sweep-${var.suffix}"
    tag_change_rule   = "ec2-tag-change-${var.suffix}"
  }

  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # A queue's policy names the rules, and a rule's target the queue: only ARNs built from names break that cycle.
  arns = {
    dead_letter_queue = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.dead_letter_queue}"
    delay_queue       = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.delay_queue}"
    event_queue       = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.event_queue}"
    schedule_group    = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/default"
    state_change_rule = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.state_change_rule}"
    tag_change_rule   = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.tag_change_rule}"
  }
}
