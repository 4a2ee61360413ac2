output "email_subscriptions" {
  description = "The e-mail subscriptions by address."
  value       = aws_sns_topic_subscription.email
}

output "topic" {
  description = "The topic for alerts, once its policy is in place."
  value       = aws_sns_topic.alerts

  # An alarm that fired before CloudWatch is admitted would be lost.
  depends_on = [aws_sns_topic_policy.alerts]
}

output "topic_policy" {
  description = "The topic's policy."
  value       = aws_sns_topic_policy.alerts
}
