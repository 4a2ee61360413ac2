variable "default_branch" {
  type        = string
  description = "Default branch of the repository: the only one whose janitor.yml may assume the janitor's role."
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.default_branch))
    error_message = "default_branch must be a branch name of letters, digits, dots, slashes, hyphens and underscores."
  }
}

variable "environment" {
  type        = string
  description = "GitHub environment of the job in pr-environment.yml that applies, with required reviewers."
  default     = "pr"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.environment))
    error_message = "environment must consist of letters, digits, hyphens and underscores."
  }

  validation {
    condition     = var.environment != var.janitor_environment
    error_message = "environment must differ from janitor_environment."
  }
}

variable "janitor_environment" {
  type        = string
  description = "GitHub environment of the jobs in janitor.yml, which only the default branch may use."
  default     = "pr-cleanup"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.janitor_environment))
    error_message = "janitor_environment must consist of letters, digits, hyphens and underscores."
  }
}

variable "oidc_provider_arn" {
  type        = string
  description = "ARN of the account's identity provider for token.actions.githubusercontent.com. Null creates it (an account can have only one)."
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
  description = "GitHub repository whose workflows assume the roles; its id is one of the claims that they trust. Set owner_id if GitHub sends immutable subjects, as it does for repositories created, renamed or moved since mid-2026 and for those that opted in."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,39}$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]{1,100}$", var.repository.name))
    error_message = "repository.owner and repository.name must be names as on GitHub, without a slash."
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
  description = "Name of an existing bucket for the states of the environments."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be a bucket name of 3 to 63 lowercase letters, digits, dots and hyphens."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource created here."
  default = {
    Environment = "dev"
    Owner       = "platform-team"
    Application = "ec2-tag-compliance"
  }
  nullable = false
}
