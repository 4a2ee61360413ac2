output "event_invoke_config" {
  description = "How often and for how long an event is tried, and where it goes when it failed for good."
  value       = aws_lambda_function_event_invoke_config.checker
}

output "function" {
  description = "The Lambda function, once its failures have a destination."
  value       = aws_lambda_function.checker

  # Whoever invokes it comes later, and on destroy leaves earlier, so that no failed event is lost.
  depends_on = [aws_lambda_function_event_invoke_config.checker, aws_lambda_function_recursion_config.checker]
}

output "log_group" {
  description = "The function's log group."
  value       = aws_cloudwatch_log_group.checker
}

output "recursion_config" {
  description = "What Lambda does when the function invokes itself, null where Lambda is not told."
  value       = one(aws_lambda_function_recursion_config.checker)
}

output "role" {
  description = "The function's execution role."
  value       = aws_iam_role.checker
}

output "role_policy" {
  description = "All that the function may do."
  value       = aws_iam_role_policy.checker
}
