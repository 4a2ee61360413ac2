output "role" {
  description = "Role that EventBridge Scheduler assumes to start the sweep."
  value       = aws_iam_role.sweep
}

output "role_policy" {
  description = "Everything that the role may do."
  value       = aws_iam_role_policy.sweep
}

output "schedule" {
  description = "Schedule of the sweep."
  value       = aws_scheduler_schedule.sweep
}
