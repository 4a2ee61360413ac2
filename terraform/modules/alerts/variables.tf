variable "account_id" {
  type        = string
  description = "Account whose CloudWatch alarms may publish."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must have 12 digits."
  }
}

variable "alert_emails" {
  type        = set(string)
  description = "E-mail addresses to subscribe."
  nullable    = false

  validation {
    condition     = alltrue([for email in var.alert_emails : strcontains(email, "@")])
    error_message = "alert_emails must hold e-mail addresses."
  }
}

variable "topic_name" {
  type        = string
  description = "Name of the topic."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.topic_name))
    error_message = "topic_name must be 1 to 256 letters, digits, hyphens and underscores."
  }
}
