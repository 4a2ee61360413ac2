output "event_invoke_config" {
  description = "How often and for how long an event is retried, and where it goes when that fails."
  value       = aws_lambda_function_event_invoke_config.checker
}

output "function" {
  description = "Lambda function, once its failures have a destination."
  value       = aws_lambda_function.checker

  # Invokers are created later and destroyed earlier, so that no failed event is lost.
  depends_on = [aws_lambda_function_event_invoke_config.checker, aws_lambda_function_recursion_config.checker]
}

output "log_group" {
  description = "Log group of the function."
  value       = aws_cloudwatch_log_group.checker
}

output "metric_filters" {
  description = "Metric filters by the metric that each makes, none unless metrics is logs."
  value       = aws_cloudwatch_log_metric_filter.counts
}

output "recursion_config" {
  description = "What Lambda does when the function invokes itself, null if that is not configured."
  value       = one(aws_lambda_function_recursion_config.checker)
}

output "role" {
  description = "Execution role of the function."
  value       = aws_iam_role.checker
}

output "role_policy" {
  description = "Everything that the function may do."
  value       = aws_iam_role_policy.checker
}
