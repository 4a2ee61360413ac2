output "alarm" {
  description = "Alarm on spikes of non-compliant evaluations."
  value       = aws_cloudwatch_metric_alarm.high_non_compliance
}

output "channels_dead_letters_alarm" {
  description = "Alarm on dead letters of the channels, or null."
  value       = one(aws_cloudwatch_metric_alarm.channels_dead_letters)
}

output "channels_failed_alarm" {
  description = "Alarm on failed executions of the channels' state machine, or null."
  value       = one(aws_cloudwatch_metric_alarm.channels_failed)
}

output "dashboard" {
  description = "Dashboard, or null."
  value       = one(aws_cloudwatch_dashboard.compliance)
}

output "dead_letters_alarm" {
  description = "Alarm on dead letters, or null."
  value       = one(aws_cloudwatch_metric_alarm.dead_letters)
}

output "no_sweep_alarm" {
  description = "Alarm on missing sweeps, or null."
  value       = one(aws_cloudwatch_metric_alarm.no_sweep)
}

output "unwritten_records_alarm" {
  description = "Alarm on audit records that could not be written to S3, or null."
  value       = one(aws_cloudwatch_metric_alarm.unwritten_records)
}
