variable "environments" {
  type        = set(string)
  description = "GitHub environments whose jobs may take the role: that of pr-environment.yml and that of janitor.yml."
  default     = ["pr", "pr-cleanup"]
  nullable    = false

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in var.environments : can(regex("^[A-Za-z0-9_-]+$", name))])
    error_message = "environments must hold at least one name of letters, digits, hyphens and underscores."
  }
}

variable "oidc_provider_arn" {
  type        = string
  description = "ARN of the account's identity provider for token.actions.githubusercontent.com; null creates it (an account can have only one)."
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[^:]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be that of token.actions.githubusercontent.com, such as arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com."
  }
}

variable "repository" {
  type = object({
    owner    = string
    name     = string
    owner_id = optional(number)
    id       = optional(number)
  })
  description = "GitHub repository whose workflows take the role. With its ids it is trusted by immutable subject, as GitHub sends it for repositories created, renamed or moved since mid-2026, and for those that opted in; without, by name only."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,39}$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]{1,100}$", var.repository.name))
    error_message = "repository.owner and repository.name must be names as GitHub has them, without a slash."
  }

  validation {
    condition     = (var.repository.owner_id == null) == (var.repository.id == null)
    error_message = "repository needs both owner_id and id, or neither."
  }

  validation {
    condition = alltrue([
      for id in [var.repository.owner_id, var.repository.id] : id == null ? true : id > 0 && floor(id) == id
    ])
    error_message = "repository.owner_id and repository.id must be positive whole numbers."
  }
}

variable "state_bucket_name" {
  type        = string
  description = "Name of the existing bucket for the states of the environments."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be the name of a bucket: 3 to 63 lowercase letters, digits, dots and hyphens."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource made here."
  default = {
    Environment = "dev"
    Owner       = "platform-team"
    Application = "ec2-tag-compliance"
  }
  nullable = false
}
