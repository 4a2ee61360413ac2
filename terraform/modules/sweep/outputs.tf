output "role" {
  description = "The role by which EventBridge Scheduler starts the sweep."
  value       = aws_iam_role.sweep
}

output "role_policy" {
  description = "All that EventBridge Scheduler may do by the role."
  value       = aws_iam_role_policy.sweep
}

output "schedule" {
  description = "The schedule of the sweep."
  value       = aws_scheduler_schedule.sweep
}
