output "delay_queue_mapping" {
  description = "What hands messages of the delay queue to the function."
  value       = aws_lambda_event_source_mapping.delay_queue
}

output "event_queue_mapping" {
  description = "What hands events of the event queue to the function, off where event_delivery is direct."
  value       = aws_lambda_event_source_mapping.event_queue
}

output "permissions" {
  description = "The rules' rights to invoke the function, by the rules' purpose."
  value       = aws_lambda_permission.checker
}

output "rules" {
  description = "The rules by their purpose: state_change and tag_change."
  value       = aws_cloudwatch_event_rule.checker
}

output "state_table_mapping" {
  description = "What wakes the function by the state table's stream."
  value       = aws_lambda_event_source_mapping.state_table
}

output "targets" {
  description = "The targets that take the events, the function or its queue, by the rules' purpose."
  value       = aws_cloudwatch_event_target.checker
}
