output "inputs" {
  description = "What an execution's input says of each channel, by the channel's name."
  value       = local.inputs
}

output "role" {
  description = "Role that the state machine assumes."
  value       = aws_iam_role.machine
}

output "role_policy" {
  description = "Everything that the role may do."
  value       = aws_iam_role_policy.machine
}

output "state_machine" {
  description = "State machine of the channels."
  value       = aws_sfn_state_machine.channels
}
