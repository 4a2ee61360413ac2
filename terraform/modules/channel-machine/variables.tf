variable "account_id" {
  type        = string
  description = "Account whose state machine may assume the role."
  nullable    = false
}

variable "channels" {
  type = map(object({
    type           = string
    connection_arn = string
    channel_id     = optional(string)
    endpoint       = optional(string)
  }))
  description = "Channels of the types slack, pagerduty and jsm, by name. connection_arn is of the EventBridge connection that holds the secret, channel_id is Slack's, and endpoint replaces the vendor's own."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts the state table, or null."
  default     = null
}

variable "machine_name" {
  type        = string
  description = "Name of the state machine."
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the permissions boundary of the role, or null."
  default     = null
}

variable "role_name" {
  type        = string
  description = "Name of the role that the state machine assumes."
  nullable    = false
}

variable "state_table" {
  type = object({
    arn  = string
    name = string
  })
  description = "DynamoDB state table."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}
