output "api_destination" {
  description = "API destination, or null."
  value       = one(aws_cloudwatch_event_api_destination.channel)
}

output "role" {
  description = "Role by which EventBridge delivers, or null."
  value       = one(aws_iam_role.channel)
}

output "role_policy" {
  description = "Policy of the role, or null."
  value       = one(aws_iam_role_policy.channel)
}

output "rule" {
  description = "Rule of the channel."
  value       = aws_cloudwatch_event_rule.channel
}

output "target" {
  description = "Target of the rule."
  value       = aws_cloudwatch_event_target.channel
}
