variable "own_tags" {
  type        = map(string)
  description = "Tags of our own resources, which have to satisfy the policy."
  nullable    = false

  validation {
    condition     = length(var.own_tags) <= 50
    error_message = "own_tags must be at most 50."
  }
}

variable "tag_policy" {
  type = object({
    required_tags = list(object({
      key               = string
      allowed_values    = optional(list(string))
      pattern           = optional(string)
      min_length        = optional(number)
      max_length        = optional(number)
      ignore_key_case   = optional(bool)
      ignore_value_case = optional(bool)
      description       = optional(string)
      severity          = optional(string)
      when = optional(object({
        tags = optional(list(object({
          key         = string
          values      = optional(list(string))
          pattern     = optional(string)
          absent      = optional(bool)
          ignore_case = optional(bool)
        })))
        instance_ids        = optional(list(string))
        auto_scaling_groups = optional(list(string))
        states              = optional(list(string))
        accounts            = optional(list(string))
        regions             = optional(list(string))
        min_age_hours       = optional(number)
        max_age_hours       = optional(number)
      }))
    }))
    forbidden_tags = optional(list(object({
      key             = string
      ignore_key_case = optional(bool)
      description     = optional(string)
      severity        = optional(string)
      when = optional(object({
        tags = optional(list(object({
          key         = string
          values      = optional(list(string))
          pattern     = optional(string)
          absent      = optional(bool)
          ignore_case = optional(bool)
        })))
        instance_ids        = optional(list(string))
        auto_scaling_groups = optional(list(string))
        states              = optional(list(string))
        accounts            = optional(list(string))
        regions             = optional(list(string))
        min_age_hours       = optional(number)
        max_age_hours       = optional(number)
      }))
    })))
    scope = optional(object({
      include = optional(list(object({
        tags = optional(list(object({
          key         = string
          values      = optional(list(string))
          pattern     = optional(string)
          absent      = optional(bool)
          ignore_case = optional(bool)
        })))
        instance_ids        = optional(list(string))
        auto_scaling_groups = optional(list(string))
        states              = optional(list(string))
        accounts            = optional(list(string))
        regions             = optional(list(string))
        min_age_hours       = optional(number)
        max_age_hours       = optional(number)
      })))
      exclude = optional(list(object({
        tags = optional(list(object({
          key         = string
          values      = optional(list(string))
          pattern     = optional(string)
          absent      = optional(bool)
          ignore_case = optional(bool)
        })))
        instance_ids        = optional(list(string))
        auto_scaling_groups = optional(list(string))
        states              = optional(list(string))
        accounts            = optional(list(string))
        regions             = optional(list(string))
        min_age_hours       = optional(number)
        max_age_hours       = optional(number)
      })))
    }))
    exemptions = optional(list(object({
      owner   = string
      reason  = string
      expires = string
      when = object({
        tags = optional(list(object({
          key         = string
          values      = optional(list(string))
          pattern     = optional(string)
          absent      = optional(bool)
          ignore_case = optional(bool)
        })))
        instance_ids        = optional(list(string))
        auto_scaling_groups = optional(list(string))
        states              = optional(list(string))
        accounts            = optional(list(string))
        regions             = optional(list(string))
        min_age_hours       = optional(number)
        max_age_hours       = optional(number)
      })
    })))
    owner_tag = optional(string)
  })
  description = "Which tags instances must and must not carry, which instances it is for, and who is exempt until when."
  nullable    = false

  validation {
    condition     = length(var.tag_policy.required_tags) > 0
    error_message = "tag_policy.required_tags must hold at least one rule."
  }
}
