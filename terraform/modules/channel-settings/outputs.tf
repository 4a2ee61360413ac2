output "channels" {
  description = "Channels, once nothing is wrong with them."
  value       = var.channels

  # Here, because a variable's validation cannot refer to a local that refers to the variable.
  precondition {
    condition     = length(local.faults) == 0
    error_message = join("\n", local.faults)
  }
}

output "event_patterns" {
  description = "EventBridge pattern of the events that each channel gets, as JSON, by the channel's name."
  value       = local.event_patterns
}
