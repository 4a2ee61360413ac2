locals {
  email_pattern = "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$"

  # The function holds itself to the same numbers and characters: those that SNS can compare.
  owner_limits  = jsondecode(file("${path.module}/modules/alerts/limits.json"))
  owner_pattern = "^[^\\p{Cc}\"\\\\\\x{fffe}\\x{ffff}]{1,${local.owner_limits.owner_chars}}$"
  blank         = jsondecode(file("${path.module}/modules/tag-policy/limits.json")).blank
}
