variable "dead_letter_queue_arn" {
  type        = string
  description = "ARN of the dead-letter queue."
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the customer managed KMS key that encrypts messages, or null."
  default     = null
}

variable "queue_arn" {
  type        = string
  description = "ARN that the queue will have; its inline policy names it before it exists."
  nullable    = false
}

variable "queue_name" {
  type        = string
  description = "Name of the queue."
  nullable    = false
}

variable "rule_arns" {
  type        = set(string)
  description = "ARNs of the EventBridge rules that may send to the queue."
  default     = []
  nullable    = false
}

variable "sender_arn" {
  type        = string
  description = "ARN of the only role that may send to the queue, or null if others may too."
  default     = null
}

variable "tags" {
  type        = map(string)
  description = "Tags of the module's resources, in addition to the provider's default_tags."
  nullable    = false
}
