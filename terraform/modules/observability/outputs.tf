output "alarm" {
  description = "The alarm on the number of non-compliant verdicts."
  value       = aws_cloudwatch_metric_alarm.high_non_compliance
}

output "dashboard" {
  description = "The dashboard, null where there is none."
  value       = one(aws_cloudwatch_dashboard.compliance)
}

output "dead_letters_alarm" {
  description = "The alarm on dead letters, null where there is none."
  value       = one(aws_cloudwatch_metric_alarm.dead_letters)
}

output "no_sweep_alarm" {
  description = "The alarm on sweeps that do not come, null where there is none."
  value       = one(aws_cloudwatch_metric_alarm.no_sweep)
}

output "unwritten_records_alarm" {
  description = "The alarm on audit records that S3 did not take, null where there is none."
  value       = one(aws_cloudwatch_metric_alarm.unwritten_records)
}
