output "permission" {
  description = "Permission of the rule to invoke the function."
  value       = aws_lambda_permission.sweep
}

output "rule" {
  description = "EventBridge rule that starts the sweep."
  value       = aws_cloudwatch_event_rule.sweep
}

output "target" {
  description = "Target of the rule, the function."
  value       = aws_cloudwatch_event_target.sweep
}
