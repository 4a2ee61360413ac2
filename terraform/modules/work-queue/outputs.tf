output "queue" {
  description = "Work queue."
  value       = aws_sqs_queue.work
}
