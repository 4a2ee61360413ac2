output "alarm_name" {
  description = "Name of the alarm on the number of non-compliant verdicts."
  value       = module.observability.alarm.alarm_name
}

output "alert_topic_arn" {
  description = "ARN of the SNS topic that alerts and the alarm are published to."
  value       = module.alerts.topic.arn
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard, null where dashboard_enabled is false."
  value       = one(module.observability.dashboard[*].dashboard_name)
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that holds the events that failed for good."
  value       = module.dead_letter_queue.queue.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that holds the events that failed for good."
  value       = module.dead_letter_queue.queue.url
}

output "dead_letters_alarm_name" {
  description = "Name of the alarm on dead letters, null where health_alarms_enabled is false."
  value       = one(module.observability.dead_letters_alarm[*].alarm_name)
}

output "delay_queue_arn" {
  description = "ARN of the queue in which events wait for tags that are yet to come, and long sweeps for their next part."
  value       = module.delay_queue.queue.arn
}

output "delay_queue_url" {
  description = "URL of the queue in which events wait for tags that are yet to come, and long sweeps for their next part."
  value       = module.delay_queue.queue.url
}

output "environment_suffix" {
  description = "Suffix that every resource of this environment carries."
  value       = var.suffix
}

output "event_delivery" {
  description = "How events reach the function: direct or queue."
  value       = var.event_delivery
}

output "event_queue_arn" {
  description = "ARN of the queue through which events reach the function where event_delivery is queue."
  value       = module.event_queue.queue.arn
}

output "event_queue_url" {
  description = "URL of the queue through which events reach the function where event_delivery is queue."
  value       = module.event_queue.queue.url
}

output "function_arn" {
  description = "ARN of the Lambda function that checks the instances."
  value       = module.checker.function.arn
}

output "function_name" {
  description = "Name of the Lambda function that checks the instances."
  value       = module.checker.function.function_name
}

output "log_bucket_arn" {
  description = "ARN of the bucket that holds the audit records."
  value       = module.audit_log.bucket.arn
}

output "log_bucket_name" {
  description = "Name of the bucket that holds the audit records."
  value       = module.audit_log.bucket.bucket
}

output "log_group_name" {
  description = "Name of the function's CloudWatch log group."
  value       = module.checker.log_group.name
}

output "metric_namespace" {
  description = "CloudWatch namespace of CompliantInstances and NonCompliantInstances."
  value       = var.metric_namespace
}

output "no_sweep_alarm_name" {
  description = "Name of the alarm on sweeps that do not come, null where health_alarms_enabled is false or sweeps can be more than three days apart."
  value       = one(module.observability.no_sweep_alarm[*].alarm_name)
}

output "region" {
  description = "Region that the environment is deployed to and whose instances it checks."
  value       = local.region
}

output "role_arn" {
  description = "ARN of the function's execution role."
  value       = module.checker.role.arn
}

output "role_name" {
  description = "Name of the function's execution role."
  value       = module.checker.role.name
}

output "rule_arn" {
  description = "ARN of the EventBridge rule that matches EC2 state changes."
  value       = module.events.rules["state_change"].arn
}

output "rule_name" {
  description = "Name of the EventBridge rule that matches EC2 state changes."
  value       = module.events.rules["state_change"].name
}

output "settle_seconds" {
  description = "Seconds that an instance has after its launch for its tags, before a violation counts."
  value       = var.settle_seconds
}

output "state_table_arn" {
  description = "ARN of the DynamoDB table of what is open."
  value       = module.state_table.table.arn
}

output "state_table_name" {
  description = "Name of the DynamoDB table of what is open."
  value       = module.state_table.table.name
}

output "sweep_role_arn" {
  description = "ARN of the role by which EventBridge Scheduler starts the sweep, null where sweep_schedule is null or scheduler_enabled false."
  value       = one(module.sweep[*].role.arn)
}

output "sweep_role_name" {
  description = "Name of the role by which EventBridge Scheduler starts the sweep, null where sweep_schedule is null or scheduler_enabled false."
  value       = one(module.sweep[*].role.name)
}

output "sweep_rule_arn" {
  description = "ARN of the EventBridge rule that starts the sweep, null where EventBridge Scheduler does or nothing does."
  value       = one(module.sweep_rule[*].rule.arn)
}

output "sweep_rule_name" {
  description = "Name of the EventBridge rule that starts the sweep, null where EventBridge Scheduler does or nothing does."
  value       = one(module.sweep_rule[*].rule.name)
}

output "sweep_schedule_name" {
  description = "Name of the EventBridge Scheduler schedule of the sweep, null where sweep_schedule is null or scheduler_enabled false."
  value       = one(module.sweep[*].schedule.name)
}

output "tag_change_rule_arn" {
  description = "ARN of the EventBridge rule that matches changes of instances' tags."
  value       = module.events.rules["tag_change"].arn
}

output "tag_change_rule_name" {
  description = "Name of the EventBridge rule that matches changes of instances' tags."
  value       = module.events.rules["tag_change"].name
}

output "tag_policy" {
  description = "The tag policy as JSON, as the function judges by it and tag-compliance reads it."
  value       = module.tag_policy.json
}

output "unwritten_records_alarm_name" {
  description = "Name of the alarm on audit records that S3 did not take, null where health_alarms_enabled is false."
  value       = one(module.observability.unwritten_records_alarm[*].alarm_name)
}
