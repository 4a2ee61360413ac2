output "queue" {
  description = "Dead-letter queue, for events that could not be delivered or processed."
  value       = aws_sqs_queue.dead_letters
}
