output "state_change_permission" {
  description = "The rule's right to invoke the function."
  value       = aws_lambda_permission.state_change
}

output "state_change_rule" {
  description = "The rule for EC2 state changes."
  value       = aws_cloudwatch_event_rule.state_change
}

output "state_change_target" {
  description = "The target that hands EC2 state changes to the function."
  value       = aws_cloudwatch_event_target.state_change
}
