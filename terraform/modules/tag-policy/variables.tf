variable "now" {
  type        = string
  description = "Time at which to evaluate expiry dates, such as 2027-01-31T00:00:00Z. Null uses the time of the plan."
  default     = null
}

variable "own_tags" {
  type        = map(string)
  description = "Tags of our own resources, which must satisfy the policy."
  nullable    = false
}

variable "tag_policy" {
  type        = any
  description = "Tag policy, an object with the fields in fields.tf."
  nullable    = false
}
