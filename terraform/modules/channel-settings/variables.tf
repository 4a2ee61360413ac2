variable "account_id" {
  type        = string
  description = "Account that the environment is in, which connections must be in too."
  nullable    = false
}

variable "channels" {
  type = map(object({
    type           = string
    accounts       = optional(set(string))
    changes        = optional(set(string))
    channel_id     = optional(string)
    connection_arn = optional(string)
    owners         = optional(set(string))
    severities     = optional(set(string))
    team_id        = optional(string)
    tenant_id      = optional(string)
    url            = optional(string)
    workspace_id   = optional(string)
  }))
  description = "Channels as the caller wrote them, by name."
  nullable    = false
}

variable "owner_keys" {
  type        = map(set(string))
  description = "For each channel that owners names, the keys of owners that name it."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region that the environment is in, which connections must be in too."
  nullable    = false
}

variable "secret_faults" {
  type        = map(string)
  description = "What a secret that is wrong must be, by the channel's name."
  nullable    = false
}

variable "secret_names" {
  type        = set(string)
  description = "Names of the channels whose connection is made here, from a secret."
  nullable    = false
}

variable "suffix" {
  type        = string
  description = "Suffix of the environment, by which its events are told from another's."
  nullable    = false
}
