output "expired_exemptions" {
  description = "A sentence for each exemption that has expired."
  value       = local.expired_exemptions
}

output "json" {
  description = "Policy as the JSON document that the function reads."
  value       = local.json

  # Here, because a variable's validation cannot refer to a local that refers to the variable.
  precondition {
    condition     = length(local.policy_faults) == 0
    error_message = join("\n", local.policy_faults)
  }

  precondition {
    condition     = length(local.tag_faults) == 0
    error_message = join("\n", local.tag_faults)
  }
}

output "warnings" {
  description = "What is valid and probably not meant, in words."
  value       = local.policy_warnings
}
