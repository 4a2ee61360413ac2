# What is wrong with the policy, in words.
locals {
  policy_faults = concat(
    local.shape_faults,
    [
      for list in local.list_lengths : "tag_policy.${list.path} has ${list.length} elements; it must have ${list.least} to ${list.most}."
      if list.length < list.least || list.length > list.most
    ],
    [for path in local.empty_lists : "tag_policy.${path} is an empty list; leave it out, or give it an element."],
    [
      for text in local.texts : "tag_policy.${text.path} is ${jsonencode(text.text)}; it must be ${local.shapes[text.shape].meaning}."
      if try(can(regex(local.all_blank, text.text)) || !can(regex(local.shapes[text.shape].pattern, text.text)), true)
    ],
    [
      for exemption in local.exemptions : "tag_policy.${exemption.path}.expires is ${jsonencode(exemption.expires)}; there is no such day."
      if can(regex(local.shapes.date.pattern, exemption.expires)) && !can(timeadd("${exemption.expires}T00:00:00Z", "0s"))
    ],
    [
      for rule in local.rules : "tag_policy.${rule.path}.key begins with aws:; only AWS can set such tags."
      if can(regex("^(?i:aws:)", rule.key))
    ],
    # By replace, because regex refuses patterns that have both named and unnamed groups.
    [
      for entry in local.patterns : "tag_policy.${entry.path} is ${jsonencode(entry.pattern)}; it must be a valid regular expression (RE2) of at most ${local.limits.pattern_chars} characters."
      if !can(regex("^(?s:.{0,${local.limits.pattern_chars}})$", entry.pattern)) || !can(replace("", "/${entry.pattern}/", ""))
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path} has min_length ${jsonencode(rule.min_length)} and max_length ${jsonencode(rule.max_length)}; they must be whole numbers from 1 to ${local.limits.value_chars}, and the second not below the first."
      if !contains(range(1, local.limits.value_chars + 1), coalesce(rule.min_length, 1)) || !contains(range(1, local.limits.value_chars + 1), coalesce(rule.max_length, local.limits.value_chars)) || coalesce(rule.min_length, 1) > coalesce(rule.max_length, local.limits.value_chars)
    ],
    [
      for condition in local.conditions : "tag_policy.${condition.path} is empty; a condition must have at least one part."
      if try(length([for part in condition.parts : part if part != null]) == 0, true)
    ],
    [
      for condition in local.conditions : "tag_policy.${condition.path} has min_age_hours ${jsonencode(condition.parts.min_age_hours)} and max_age_hours ${jsonencode(condition.parts.max_age_hours)}; they must be whole numbers from 0, and the first below the second."
      if anytrue([for age in ["min_age_hours", "max_age_hours"] : try(condition.parts[age] < 0 || floor(condition.parts[age]) != condition.parts[age], false)]) || try(condition.parts.min_age_hours >= condition.parts.max_age_hours, false)
    ],
    [
      for tag in local.condition_tags : "tag_policy.${tag.path} has more than one of values, pattern and absent; it must have at most one."
      if length([for given in [tag.values != null, tag.pattern != null, coalesce(tag.absent, false)] : given if given]) > 1
    ],
    [
      for index, rule in local.required_rules : "tag_policy.${rule.path}.key is required more than once; each of these rules needs a when."
      if anytrue([for other in local.same_keys[index] : startswith(other.path, "required_tags") && (rule.when == null || other.when == null)])
    ],
    [
      for index, rule in local.required_rules : "tag_policy.${rule.path}.key is required and forbidden; one of the two rules needs a when."
      if anytrue([for other in local.same_keys[index] : startswith(other.path, "forbidden_tags") && rule.when == null && other.when == null])
    ],
  )
}

# What is wrong with our own tags. Rules with a when are about instances that are not ours.
locals {
  # By the index of the rule, the values of our tags that have its key.
  own_values = [
    for rule in local.required_rules : [
      for key, value in var.own_tags : value if key == rule.key || try(coalesce(rule.ignore_key_case, false) && lower(key) == lower(rule.key), false)
    ]
  ]

  # \E ends a \Q that is still open, and is an error elsewhere.
  ends_in_quotes = {
    for pattern in toset([for rule in local.required_rules : rule.pattern if rule.pattern != null]) :
    pattern => can(replace("", "/${pattern}\\E/", ""))
  }

  tag_faults = concat(
    [for number in [length(var.own_tags)] : "Our own resources have ${number} tags, with the provider's default_tags; AWS allows 50." if number > 50],
    [
      for index, rule in local.required_rules : "Our own resources lack the tag ${jsonencode(rule.key)}, which tag_policy requires; set it in tags or in the provider's default_tags."
      if rule.when == null && length(local.own_values[index]) == 0
    ],
    flatten([
      for index, rule in local.required_rules : [
        for value in local.own_values[index] : "Our own resources have ${jsonencode(value)} for ${jsonencode(rule.key)}; the rule of tag_policy is ${jsonencode({ for name, part in rule : name => part if part != null && name != "path" })}."
        if !try(alltrue([
          !can(regex(local.all_blank, value)),
          rule.allowed_values == null ? true : contains(rule.allowed_values, value) || coalesce(rule.ignore_value_case, false) && contains([for allowed in rule.allowed_values : lower(allowed)], lower(value)),
          rule.pattern == null ? true : replace(value, "/${coalesce(rule.ignore_value_case, false) ? "(?i)" : ""}^(?:${rule.pattern}${local.ends_in_quotes[rule.pattern] ? "\\E" : ""})$/", "") == "",
          length(split("", value)) >= coalesce(rule.min_length, 1),
          length(split("", value)) <= coalesce(rule.max_length, local.limits.value_chars),
        ]), false)
      ] if rule.when == null
    ]),
    [
      for rule in local.forbidden_rules : "Our own resources have the tag ${jsonencode(rule.key)}, which tag_policy forbids."
      if rule.when == null && anytrue([for key in keys(var.own_tags) : key == rule.key || try(coalesce(rule.ignore_key_case, false) && lower(key) == lower(rule.key), false)])
    ],
  )
}
