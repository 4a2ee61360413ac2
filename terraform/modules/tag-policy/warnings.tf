# What people who tag an instance decide by themselves: they could leave the policy, and nobody would ask them why.
locals {
  # What they do not control. Of the tags, those of AWS.
  fixed_parts = [
    "accounts", "auto_scaling_groups", "availability_zones", "image_ids", "instance_ids", "instance_profiles", "instance_types",
    "operator", "regions", "states", "subnet_ids", "vpc_ids",
  ]

  taggers_tags = {
    for condition in local.conditions : condition.path => [
      for tag in try([for tag in condition.parts.tags : tag], []) : tag
      # An alternative of a pattern may begin otherwise.
      if !can(regex("^(?i:aws:)", try(coalesce(tag.key, tag.key_pattern), ""))) || strcontains(try(coalesce(tag.key_pattern, ""), ""), "|")
    ]
  }

  # Of the parts that are tags or not theirs, whether all are tags that they set.
  only_taggers = {
    for condition in local.conditions : condition.path => length(local.taggers_tags[condition.path]) == try(length(condition.parts.tags), 0)
    && alltrue([for part in local.fixed_parts : try(condition.parts[part], null) == null])
  }

  inner_by_taggers = [
    for condition in local.inner_conditions : condition.path
    if length(local.taggers_tags[condition.path]) > 0 && local.only_taggers[condition.path]
  ]

  # By the path of a condition, whether they decide any of it, and of one of several, and what must not hold.
  any_by_taggers = {
    for condition in local.outer_conditions : condition.path => anytrue([for path in local.inner_by_taggers : startswith(path, "${condition.path}.any[")])
  }
  not_by_taggers = {
    for condition in local.outer_conditions : condition.path => try(length(local.taggers_tags["${condition.path}.not"]) > 0, false)
  }
  touched_by_taggers = {
    for condition in local.outer_conditions : condition.path =>
    length(local.taggers_tags[condition.path]) > 0 || local.any_by_taggers[condition.path] || local.not_by_taggers[condition.path]
  }

  fulfilled_by_taggers = [
    for condition in local.outer_conditions : condition.path
    if local.touched_by_taggers[condition.path] && local.only_taggers[condition.path]
    && (try(condition.parts.any, null) == null || local.any_by_taggers[condition.path])
    && (try(condition.parts.not, null) == null || local.not_by_taggers[condition.path])
  ]

  left_by_taggers = try(length(local.policy.scope.include) > 0, false) && alltrue([
    for path, is_touched in local.touched_by_taggers : is_touched if startswith(path, "scope.include[")
  ])

  advice = "add what they do not control, such as accounts, regions, instance_ids or a tag of AWS"

  policy_warnings = concat(
    local.left_by_taggers ? ["tag_policy.scope.include: anyone who can tag an instance can leave the scope; ${local.advice}."] : [],
    [
      for path in local.fulfilled_by_taggers : "tag_policy.${path}: anyone who can tag an instance can exclude it; ${local.advice}."
      if startswith(path, "scope.exclude[")
    ],
    [
      for path in local.fulfilled_by_taggers : "tag_policy.${path}: anyone who can tag an instance can exempt it; ${local.advice}."
      if startswith(path, "exemptions[")
    ],
    local.traps,
  )
}

locals {
  # An exemption counts until the end of its last day.
  expired_exemptions = [
    for exemption in local.exemptions : "tag_policy.${exemption.path} of ${jsonencode(exemption.owner)} expired on ${exemption.expires}; its instances alert again."
    if try(timecmp(timeadd("${exemption.expires}T00:00:00Z", "24h"), local.now) <= 0, false)
  ]
}
