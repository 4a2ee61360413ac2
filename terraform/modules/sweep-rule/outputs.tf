output "permission" {
  description = "The rule's right to invoke the function."
  value       = aws_lambda_permission.sweep
}

output "rule" {
  description = "The rule that starts the sweep."
  value       = aws_cloudwatch_event_rule.sweep
}

output "target" {
  description = "The target that sweeps."
  value       = aws_cloudwatch_event_target.sweep
}
