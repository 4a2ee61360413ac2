locals {
  # IAM's patterns know no digits, and pr* would be prod too.
  suffixes = [for digit in range(1, 10) : "pr${digit}*"]

  # What the root module calls its resources, without the suffix.
  names = {
    alarm             = "high-non-compliance"
    alert_topic       = "compliance-alerts"
    dashboard         = "tag-compliance"
    dead_letter_queue = "tag-compliance-dlq"
    delay_queue       = "tag-compliance-delay"
    event_queue       = "tag-compliance-events"
    function          = "tag-compliance-checker"
    log_bucket        = "compliance-logs"
    log_group         = "/aws/lambda/tag-compliance-checker"
    role              = "tag-compliance-checker-role"
    state_change_rule = "ec2-state-change"
    sweep_role        = "tag-compliance-sweep-role"
    sweep_schedule    = "tag-compliance-sweep"
    tag_change_rule   = "ec2-tag-change"
  }

  # What the integration tests call theirs: queues, and instances by their Name tag.
  test_name = "tag-compliance-test"

  regional = "${local.region}:${local.account_id}"

  alarms         = [for suffix in local.suffixes : "arn:${local.partition}:cloudwatch:${local.regional}:alarm:${local.names.alarm}-${suffix}"]
  buckets        = [for suffix in local.suffixes : "arn:${local.partition}:s3:::${local.names.log_bucket}-${suffix}"]
  dashboards     = [for suffix in local.suffixes : "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${local.names.dashboard}-${suffix}"]
  functions      = [for suffix in local.suffixes : "arn:${local.partition}:lambda:${local.regional}:function:${local.names.function}-${suffix}"]
  log_groups     = [for suffix in local.suffixes : "arn:${local.partition}:logs:${local.regional}:log-group:${local.names.log_group}-${suffix}"]
  queues         = [for suffix in local.suffixes : "arn:${local.partition}:sqs:${local.regional}:${local.names.dead_letter_queue}-${suffix}"]
  delay_queues   = [for suffix in local.suffixes : "arn:${local.partition}:sqs:${local.regional}:${local.names.delay_queue}-${suffix}"]
  event_queues   = [for suffix in local.suffixes : "arn:${local.partition}:sqs:${local.regional}:${local.names.event_queue}-${suffix}"]
  roles          = [for suffix in local.suffixes : "arn:${local.partition}:iam::${local.account_id}:role/${local.names.role}-${suffix}"]
  sweep_roles    = [for suffix in local.suffixes : "arn:${local.partition}:iam::${local.account_id}:role/${local.names.sweep_role}-${suffix}"]
  rules          = flatten([for name in [local.names.state_change_rule, local.names.tag_change_rule] : [for suffix in local.suffixes : "arn:${local.partition}:events:${local.regional}:rule/${name}-${suffix}"]])
  schedules      = [for suffix in local.suffixes : "arn:${local.partition}:scheduler:${local.regional}:schedule/default/${local.names.sweep_schedule}-${suffix}"]
  test_queues    = [for suffix in local.suffixes : "arn:${local.partition}:sqs:${local.regional}:${local.test_name}-${suffix}"]
  topics         = [for suffix in local.suffixes : "arn:${local.partition}:sns:${local.regional}:${local.names.alert_topic}-${suffix}"]
  namespaces     = [for suffix in local.suffixes : "TagCompliance/${suffix}"]
  test_instances = [for suffix in local.suffixes : "${local.test_name}-${suffix}"]
}
