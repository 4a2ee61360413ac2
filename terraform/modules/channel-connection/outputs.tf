output "connection" {
  description = "Connection, with its secret."
  value       = aws_cloudwatch_event_connection.channel
  sensitive   = true
}

output "connection_arn" {
  description = "ARN of the connection."
  value       = aws_cloudwatch_event_connection.channel.arn
}
