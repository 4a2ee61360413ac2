output "queue" {
  description = "The queue for events that failed for good."
  value       = aws_sqs_queue.dead_letters
}
