output "alarm" {
  description = "The alarm on the number of non-compliant verdicts."
  value       = aws_cloudwatch_metric_alarm.high_non_compliance
}

output "dashboard" {
  description = "The dashboard, null where there is none."
  value       = one(aws_cloudwatch_dashboard.compliance)
}
