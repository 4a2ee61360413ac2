# The names of the environments of all pull requests, as patterns.
module "environments" {
  source   = "../modules/names"
  for_each = toset(local.suffixes)

  suffix = each.value
}

locals {
  # IAM's patterns know no digits, and pr* would be prod too.
  suffixes = [for digit in range(1, 10) : "pr${digit}*"]

  # What the integration tests call theirs: queues, and instances by their Name tag.
  test_name = "tag-compliance-test"

  regional = "${local.region}:${local.account_id}"

  alarms         = flatten([for kind in ["alarm", "dead_letters_alarm", "no_sweep_alarm", "unwritten_records_alarm"] : [for environment in module.environments : "arn:${local.partition}:cloudwatch:${local.regional}:alarm:${environment.names[kind]}"]])
  buckets        = [for environment in module.environments : "arn:${local.partition}:s3:::${environment.names.log_bucket}"]
  dashboards     = [for environment in module.environments : "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${environment.names.dashboard}"]
  functions      = [for environment in module.environments : "arn:${local.partition}:lambda:${local.regional}:function:${environment.names.function}"]
  log_groups     = [for environment in module.environments : "arn:${local.partition}:logs:${local.regional}:log-group:${environment.names.log_group}"]
  queues         = [for environment in module.environments : "arn:${local.partition}:sqs:${local.regional}:${environment.names.dead_letter_queue}"]
  delay_queues   = [for environment in module.environments : "arn:${local.partition}:sqs:${local.regional}:${environment.names.delay_queue}"]
  event_queues   = [for environment in module.environments : "arn:${local.partition}:sqs:${local.regional}:${environment.names.event_queue}"]
  roles          = [for environment in module.environments : "arn:${local.partition}:iam::${local.account_id}:role/${environment.names.role}"]
  sweep_roles    = [for environment in module.environments : "arn:${local.partition}:iam::${local.account_id}:role/${environment.names.sweep_role}"]
  rules          = flatten([for kind in ["state_change_rule", "tag_change_rule"] : [for environment in module.environments : "arn:${local.partition}:events:${local.regional}:rule/${environment.names[kind]}"]])
  schedules      = [for environment in module.environments : "arn:${local.partition}:scheduler:${local.regional}:schedule/default/${environment.names.sweep_schedule}"]
  tables         = [for environment in module.environments : "arn:${local.partition}:dynamodb:${local.regional}:table/${environment.names.state_table}"]
  test_queues    = [for suffix in local.suffixes : "arn:${local.partition}:sqs:${local.regional}:${local.test_name}-${suffix}"]
  topics         = [for environment in module.environments : "arn:${local.partition}:sns:${local.regional}:${environment.names.alert_topic}"]
  namespaces     = [for suffix in local.suffixes : "TagCompliance/${suffix}"]
  test_instances = [for suffix in local.suffixes : "${local.test_name}-${suffix}"]
}
