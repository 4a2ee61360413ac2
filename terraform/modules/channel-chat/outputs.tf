output "role" {
  description = "Role that Amazon Q Developer assumes."
  value       = aws_iam_role.chat
}

output "slack" {
  description = "Configuration of a Slack channel, or null."
  value       = one(aws_chatbot_slack_channel_configuration.chat)
}

output "teams" {
  description = "Configuration of a Teams channel, or null."
  value       = one(aws_chatbot_teams_channel_configuration.chat)
}

output "topic" {
  description = "Topic of the channel, once its policy is in place."
  value       = aws_sns_topic.chat

  # A message that the rule sends before it may publish would be retried.
  depends_on = [aws_sns_topic_policy.chat]
}

output "topic_policy" {
  description = "Policy of the topic."
  value       = aws_sns_topic_policy.chat
}
