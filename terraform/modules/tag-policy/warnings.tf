# What whoever tags an instance decides alone: they could leave the policy, and nobody would ask them why.
locals {
  # What they do not control. Of the tags, those of AWS.
  fixed_parts = ["accounts", "auto_scaling_groups", "instance_ids", "operator", "regions", "states"]

  taggers_tags = {
    for condition in local.conditions : condition.path => [
      for tag in try([for tag in condition.parts.tags : tag], []) : tag if !can(regex("^(?i:aws:)", tag.key))
    ]
  }

  fulfilled_by_taggers = [
    for condition in local.conditions : condition.path
    if length(local.taggers_tags[condition.path]) > 0
    && try(length(condition.parts.tags) == length(local.taggers_tags[condition.path]), false)
    && alltrue([for part in local.fixed_parts : try(condition.parts[part], null) == null])
  ]

  left_by_taggers = try(length(local.policy.scope.include) > 0, false) && alltrue([
    for path, tags in local.taggers_tags : length(tags) > 0 if startswith(path, "scope.include[")
  ])

  advice = "add what they do not control, such as accounts, regions, instance_ids or a tag of AWS"

  policy_warnings = concat(
    local.left_by_taggers ? ["tag_policy.scope.include: whoever tags an instance can leave the scope; ${local.advice}."] : [],
    [
      for path in local.fulfilled_by_taggers : "tag_policy.${path}: whoever tags an instance can exclude it; ${local.advice}."
      if startswith(path, "scope.exclude[")
    ],
    [
      for path in local.fulfilled_by_taggers : "tag_policy.${path}: whoever tags an instance can exempt it; ${local.advice}."
      if startswith(path, "exemptions[")
    ],
  )
}

locals {
  # An exemption counts until the end of its last day.
  expired_exemptions = [
    for exemption in local.exemptions : "tag_policy.${exemption.path} of ${jsonencode(exemption.owner)} expired on ${exemption.expires}; its instances alert again."
    if try(timecmp(timeadd("${exemption.expires}T00:00:00Z", "24h"), coalesce(var.now, plantimestamp())) <= 0, false)
  ]
}
