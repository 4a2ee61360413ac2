output "alarm_name" {
  description = "Name of the alarm on spikes of non-compliant evaluations."
  value       = module.observability.alarm.alarm_name
}

output "alert_topic_arn" {
  description = "ARN of the SNS topic for alerts, digests and alarms."
  value       = module.alerts.topic.arn
}

output "channels" {
  description = "Type and rule of each channel, by its name."
  value       = { for name, channel in local.channels : name => { rule_arn = module.channel[name].rule.arn, rule_name = module.channel[name].rule.name, type = channel.type } }
}

output "channels_dead_letter_queue_arn" {
  description = "ARN of the queue for events that no channel took, null without channels."
  value       = one(module.channels_dead_letter_queue[*].queue.arn)
}

output "channels_dead_letter_queue_url" {
  description = "URL of the queue for events that no channel took, null without channels."
  value       = one(module.channels_dead_letter_queue[*].queue.url)
}

output "channels_dead_letters_alarm_name" {
  description = "Name of the alarm on dead letters of the channels, null without channels or if health_alarms_enabled is false."
  value       = one(module.observability.channels_dead_letters_alarm[*].alarm_name)
}

output "channels_failed_alarm_name" {
  description = "Name of the alarm on failed executions of the channels' state machine, null without one or if health_alarms_enabled is false."
  value       = one(module.observability.channels_failed_alarm[*].alarm_name)
}

output "channels_state_machine_arn" {
  description = "ARN of the state machine that delivers to Slack, PagerDuty and Jira Service Management, null without such a channel."
  value       = one(module.channel_machine[*].state_machine.arn)
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard, null if dashboard_enabled is false."
  value       = one(module.observability.dashboard[*].dashboard_name)
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue, for events that could not be delivered or processed."
  value       = module.dead_letter_queue.queue.arn
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue, for events that could not be delivered or processed."
  value       = module.dead_letter_queue.queue.url
}

output "dead_letters_alarm_name" {
  description = "Name of the alarm on dead letters, null if health_alarms_enabled is false."
  value       = one(module.observability.dead_letters_alarm[*].alarm_name)
}

output "delay_queue_arn" {
  description = "ARN of the queue where launches wait out the grace period, and long sweeps wait for their next part."
  value       = module.delay_queue.queue.arn
}

output "delay_queue_url" {
  description = "URL of the queue where launches wait out the grace period, and long sweeps wait for their next part."
  value       = module.delay_queue.queue.url
}

output "environment_suffix" {
  description = "Suffix of every resource name in this environment."
  value       = var.suffix
}

output "event_bus_arn" {
  description = "ARN of the event bus on which violations and notifications are published, null if violation_events_enabled is false."
  value       = var.violation_events_enabled ? local.arns.event_bus : null
}

output "event_delivery" {
  description = "How events reach the function: direct or queue."
  value       = var.event_delivery
}

output "event_queue_arn" {
  description = "ARN of the queue that delivers events to the function if event_delivery is queue."
  value       = module.event_queue.queue.arn
}

output "event_queue_url" {
  description = "URL of the queue that delivers events to the function if event_delivery is queue."
  value       = module.event_queue.queue.url
}

output "function_arn" {
  description = "ARN of the Lambda function that evaluates instances."
  value       = module.checker.function.arn
}

output "function_name" {
  description = "Name of the Lambda function that evaluates instances."
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

output "metrics" {
  description = "How events' evaluations become metrics: api or logs."
  value       = var.metrics
}

output "no_sweep_alarm_name" {
  description = "Name of the alarm on missing sweeps, null if health_alarms_enabled is false or sweeps can be more than three days apart."
  value       = one(module.observability.no_sweep_alarm[*].alarm_name)
}

output "region" {
  description = "Region that the environment is deployed to and whose instances it evaluates."
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
  description = "Grace period in seconds: how long after its launch an instance has to be tagged before a violation counts."
  value       = var.settle_seconds
}

output "state_table_arn" {
  description = "ARN of the DynamoDB state table, which remembers open violations."
  value       = module.state_table.table.arn
}

output "state_table_name" {
  description = "Name of the DynamoDB state table, which remembers open violations."
  value       = module.state_table.table.name
}

output "sweep_role_arn" {
  description = "ARN of the role that EventBridge Scheduler assumes to start the sweep, null if sweep_schedule is null or scheduler_enabled is false."
  value       = one(module.sweep[*].role.arn)
}

output "sweep_role_name" {
  description = "Name of the role that EventBridge Scheduler assumes to start the sweep, null if sweep_schedule is null or scheduler_enabled is false."
  value       = one(module.sweep[*].role.name)
}

output "sweep_rule_arn" {
  description = "ARN of the EventBridge rule that starts the sweep, null if EventBridge Scheduler starts it or sweep_schedule is null."
  value       = one(module.sweep_rule[*].rule.arn)
}

output "sweep_rule_name" {
  description = "Name of the EventBridge rule that starts the sweep, null if EventBridge Scheduler starts it or sweep_schedule is null."
  value       = one(module.sweep_rule[*].rule.name)
}

output "sweep_schedule_name" {
  description = "Name of the EventBridge Scheduler schedule of the sweep, null if sweep_schedule is null or scheduler_enabled is false."
  value       = one(module.sweep[*].schedule.name)
}

output "tag_change_rule_arn" {
  description = "ARN of the EventBridge rule that matches instance tag changes."
  value       = module.events.rules["tag_change"].arn
}

output "tag_change_rule_name" {
  description = "Name of the EventBridge rule that matches instance tag changes."
  value       = module.events.rules["tag_change"].name
}

output "tag_policy" {
  description = "Tag policy as JSON, as the function evaluates it and tag-compliance reads it."
  value       = module.tag_policy.json
}

output "unwritten_records_alarm_name" {
  description = "Name of the alarm on audit records that could not be written to S3, null if health_alarms_enabled is false."
  value       = one(module.observability.unwritten_records_alarm[*].alarm_name)
}
