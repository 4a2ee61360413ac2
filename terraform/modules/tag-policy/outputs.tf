output "expired_exemptions" {
  description = "The exemptions that no longer count, in words."
  value       = local.expired_exemptions
}

output "json" {
  description = "The policy as the document that the function reads."
  value       = local.json

  # Here, because a variable's own validation can refer to no local that refers to the variable.
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
  description = "The conditions by which whoever tags an instance could leave the policy, in words."
  value       = local.policy_warnings
}
