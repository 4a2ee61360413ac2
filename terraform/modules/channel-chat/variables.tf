variable "account_id" {
  type        = string
  description = "Account that the environment is in."
  nullable    = false
}

variable "channel_id" {
  type        = string
  description = "ID of the channel in Slack or Teams."
  nullable    = false
}

variable "channel_name" {
  type        = string
  description = "Name of the topic, the role and the chat configuration."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts messages in SNS, or null."
  default     = null
}

variable "partition" {
  type        = string
  description = "Partition of AWS that the environment is in."
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the role's permissions boundary, or null."
  default     = null
}

variable "rule_arn" {
  type        = string
  description = "ARN of the EventBridge rule that may publish to the topic."
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}

variable "team_id" {
  type        = string
  description = "ID of the team, for Teams; null for Slack."
  default     = null
}

variable "tenant_id" {
  type        = string
  description = "ID of the Microsoft tenant, for Teams; null for Slack."
  default     = null
}

variable "workspace_id" {
  type        = string
  description = "ID of the workspace, for Slack; null for Teams."
  default     = null
}
