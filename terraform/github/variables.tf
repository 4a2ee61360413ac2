variable "default_branch" {
  type        = string
  description = "Default branch of the repository: the only one whose janitor.yml may take the janitor's role."
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.default_branch))
    error_message = "default_branch must be the name of a branch, of letters, digits, dots, slashes, hyphens and underscores."
  }
}

variable "environment" {
  type        = string
  description = "GitHub environment of the job of pr-environment.yml that applies, with required reviewers."
  default     = "pr"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.environment))
    error_message = "environment must be of letters, digits, hyphens and underscores."
  }

  validation {
    condition     = var.environment != var.janitor_environment
    error_message = "environment must be another than janitor_environment."
  }
}

variable "janitor_environment" {
  type        = string
  description = "GitHub environment of the jobs of janitor.yml, which only the default branch may use."
  default     = "pr-cleanup"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.janitor_environment))
    error_message = "janitor_environment must be of letters, digits, hyphens and underscores."
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
    id       = number
  })
  description = "GitHub repository whose workflows take the roles; its id is one of the claims that they trust. With owner_id the subject is the immutable one, as GitHub sends it for repositories created, renamed or moved since mid-2026, and for those that opted in."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,39}$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]{1,100}$", var.repository.name))
    error_message = "repository.owner and repository.name must be names as GitHub has them, without a slash."
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
