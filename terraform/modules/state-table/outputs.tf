output "due_index_arn" {
  description = "ARN of the index of what is due."
  value       = "${aws_dynamodb_table.state.arn}/index/${local.index_name}"
}

output "table" {
  description = "State table."
  value       = aws_dynamodb_table.state
}
