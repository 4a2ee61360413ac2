output "queue" {
  description = "The queue."
  value       = aws_sqs_queue.work
}
