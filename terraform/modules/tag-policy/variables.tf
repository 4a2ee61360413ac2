variable "now" {
  type        = string
  description = "Time by which exemptions have expired, as 2027-01-31T00:00:00Z; null takes that of the plan."
  default     = null
}

variable "own_tags" {
  type        = map(string)
  description = "Tags of our own resources, which have to satisfy the policy."
  nullable    = false
}

variable "tag_policy" {
  type        = any
  description = "The policy: an object with the fields of fields.tf."
  nullable    = false
}
