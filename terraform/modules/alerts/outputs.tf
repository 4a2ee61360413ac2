output "email_subscriptions" {
  description = "Email subscriptions, by address."
  value       = aws_sns_topic_subscription.email
}

output "topic" {
  description = "Alert topic, once its policy is in place."
  value       = aws_sns_topic.alerts

  # An alarm that fires before CloudWatch may publish would be lost.
  depends_on = [aws_sns_topic_policy.alerts]
}

output "topic_policy" {
  description = "Policy of the topic."
  value       = aws_sns_topic_policy.alerts
}
