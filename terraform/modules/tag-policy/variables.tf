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
