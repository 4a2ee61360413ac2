locals {
  names = {
    alarm             = "high-non-compliance-${var.suffix}"
    alert_topic       = "compliance-alerts-${var.suffix}"
    dashboard         = "tag-compliance-${var.suffix}"
    dead_letter_queue = "tag-compliance-dlq-${var.suffix}"
    function          = "tag-compliance-checker-${var.suffix}"
    log_bucket        = coalesce(var.log_bucket_name, "compliance-logs-${var.suffix}")
    log_group         = "/aws/lambda/tag-compliance-checker-${var.suffix}"
    role              = "tag-compliance-checker-role-${var.suffix}"
    state_change_rule = "ec2-state-change-${var.suffix}"
  }

  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # The queue's policy names the rule, and the rule's target the queue: only ARNs built from names break that cycle.
  arns = {
    dead_letter_queue = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.dead_letter_queue}"
    state_change_rule = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.state_change_rule}"
  }
}
