output "delay_queue_mapping" {
  description = "Mapping that delivers messages of the delay queue to the function."
  value       = aws_lambda_event_source_mapping.delay_queue
}

output "event_queue_mapping" {
  description = "Mapping that delivers events of the event queue to the function, disabled if event_delivery is direct."
  value       = aws_lambda_event_source_mapping.event_queue
}

output "permissions" {
  description = "Permissions to invoke the function, by rule: state_change and tag_change."
  value       = aws_lambda_permission.checker
}

output "rules" {
  description = "EventBridge rules: state_change and tag_change."
  value       = aws_cloudwatch_event_rule.checker
}

output "state_table_mapping" {
  description = "Mapping that wakes the function when the state table changes."
  value       = aws_lambda_event_source_mapping.state_table
}

output "targets" {
  description = "Targets of the rules, the function or its queue, by rule."
  value       = aws_cloudwatch_event_target.checker
}
