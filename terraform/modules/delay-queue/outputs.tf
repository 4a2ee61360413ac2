output "queue" {
  description = "The queue in which events wait."
  value       = aws_sqs_queue.delay
}
