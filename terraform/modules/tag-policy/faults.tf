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
      if try(
        can(regex(local.all_blank, text.text)) || !can(regex(local.shapes[text.shape].pattern, text.text))
        || text.shape == "date" && !can(timeadd("${text.text}T00:00:00Z", "0s")),
        true,
      )
    ],
    [
      for part in concat(local.forbidden_rules, local.condition_tags) : "tag_policy.${part.path} has ${part.key == null ? "neither key nor key_pattern" : "key and key_pattern"}; it must have one of them."
      if(part.key == null) == (part.key_pattern == null)
    ],
    [
      for rule in local.forbidden_rules : "tag_policy.${rule.path} has ignore_key_case beside key_pattern; begin the pattern with (?i)."
      if rule.key_pattern != null && rule.ignore_key_case != null
    ],
    [
      for exemption in local.exemptions : "tag_policy.${exemption.path}.keys names ${join(", ", [for key in setsubtract(exemption.keys, local.rule_keys) : jsonencode(key)])}, which no rule is about."
      if length(setsubtract(coalesce(exemption.keys, []), local.rule_keys)) > 0
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.date.max_days_ahead is ${jsonencode(rule.date.max_days_ahead)}; it must be 0 to 36500 days."
      if try(rule.date.max_days_ahead > 36500 && rule.date.max_days_ahead <= local.most, false)
    ],
    [
      for bound in local.bounds : "tag_policy.${bound.path} is ${jsonencode(bound.number)}; it must be a number such as 12 or 0.5."
      if try(bound.number != 0 && !(floor(bound.number) == bound.number
        ? bound.number >= -9223372036854775808 && bound.number <= 18446744073709551615
        : abs(bound.number) >= 0.00001 && abs(bound.number) < 9007199254740992
      ), false)
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.number has min ${jsonencode(rule.number.min)} and max ${jsonencode(rule.number.max)}; the second must not be below the first."
      if try(rule.number.min > rule.number.max, false)
    ],
    [
      for entry in local.settable_keys : "tag_policy.${entry.path} is ${jsonencode(entry.key)}; it must be a key that does not begin with aws:."
      if can(regex("^(?i:aws:)", entry.key))
    ],
    # By replace, because regex refuses patterns that have both named and unnamed groups.
    [
      for entry in local.patterns : "tag_policy.${entry.path} is ${jsonencode(entry.pattern)}; it must be a regular expression in RE2 syntax."
      if can(regex(local.shapes.pattern.pattern, entry.pattern)) && !can(replace("", "/${entry.pattern}/", ""))
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
      for entry in local.counts : "tag_policy.${entry.path} is ${jsonencode(entry.count)}; it must be a whole number from 0 to ${local.most}."
      if entry.count != null && try(!can(regex(local.digits, jsonencode(entry.count))) || entry.count > local.most, true)
    ],
    [
      for condition in local.conditions : "tag_policy.${condition.path} has the ages ${jsonencode({ for age in local.ages : age => condition.parts[age] if condition.parts[age] != null })}; they must be in hours or in minutes, and the least below the most."
      if try(condition.parts.min_age_hours >= condition.parts.max_age_hours, false)
      || try(condition.parts.min_age_minutes >= condition.parts.max_age_minutes, false)
      || try(condition.parts.min_age_hours * 60 >= condition.parts.max_age_minutes, false)
      || try(condition.parts.min_age_minutes >= condition.parts.max_age_hours * 60, false)
      || try(condition.parts.min_age_hours != null && condition.parts.min_age_minutes != null, false)
      || try(condition.parts.max_age_hours != null && condition.parts.max_age_minutes != null, false)
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

locals {
  # As JSON has it: -0 is no whole number to the function.
  digits = "^[0-9]+$"
  # What the function counts with has 32 bits.
  most = 4294967295
  ages = ["min_age_hours", "max_age_hours", "min_age_minutes", "max_age_minutes"]

  rule_keys = concat(
    [for rule in local.required_rules : rule.key],
    [for rule in local.forbidden_rules : rule.key != null ? rule.key : rule.key_pattern if rule.key != null || rule.key_pattern != null],
  )
}

# What is wrong with our own tags. Rules with a when are about instances that are not ours, and those of a later day about
# nothing yet.
locals {
  now   = coalesce(var.now, plantimestamp())
  today = "${formatdate("YYYY-MM-DD", local.now)}T00:00:00Z"

  own_rules = [
    for rule in local.required_rules : rule
    if rule.when == null && (rule.enforced_from == null ? true : try(timecmp("${rule.enforced_from}T00:00:00Z", local.now) <= 0, false))
  ]

  # By the index of the rule, the value of our tag of its key, and of each key that is accepted: that of the same case,
  # or else the first.
  own_values = [
    for rule in local.own_rules : [
      for values in [
        for wanted in concat([rule.key], coalesce(rule.alternative_keys, [])) : concat(
          [for key, value in var.own_tags : value if key == wanted],
          [for key, value in var.own_tags : value if try(coalesce(rule.ignore_key_case, false) && lower(key) == lower(wanted), false)],
        )
      ] : values[0] if length(values) > 0
    ]
  ]

  # A forbidden value is one with blanks around it, too.
  trimmed = { for value in distinct(values(var.own_tags)) : value => replace(value, "/^${local.limits.blank}+|${local.limits.blank}+$/", "") }

  tag_faults = concat(
    [for number in [length(var.own_tags)] : "Our own resources have ${number} tags, with the provider's default_tags; AWS allows 50." if number > 50],
    [
      for index, rule in local.own_rules : "Our own resources lack the tag ${jsonencode(rule.key)}, which tag_policy requires; set it in tags or in the provider's default_tags."
      if !coalesce(rule.optional, false) && length(local.own_values[index]) == 0
    ],
    # One valid value is enough if several keys are accepted.
    [
      for index, rule in local.own_rules : "Our own resources have ${join(", ", [for value in local.own_values[index] : jsonencode(value)])} for ${jsonencode(rule.key)}; the rule of tag_policy is ${jsonencode({ for name, part in rule : name => part if part != null && name != "path" })}."
      if length(local.own_values[index]) > 0 && !anytrue([
        for value in local.own_values[index] : try(alltrue([
          !can(regex(local.all_blank, value)),
          rule.allowed_values == null ? true : contains(rule.allowed_values, value) || coalesce(rule.ignore_value_case, false) && contains([for allowed in rule.allowed_values : lower(allowed)], lower(value)),
          !contains(coalesce(rule.forbidden_values, []), local.trimmed[value]) && !(coalesce(rule.ignore_value_case, false) && contains([for forbidden in coalesce(rule.forbidden_values, []) : lower(forbidden)], lower(local.trimmed[value]))),
          rule.pattern == null ? true : replace(value, "/${coalesce(rule.ignore_value_case, false) ? "(?i)" : ""}^(?:${local.closed_patterns[rule.pattern]})$/", "") == "",
          length(split("", value)) >= coalesce(rule.min_length, 1),
          length(split("", value)) <= coalesce(rule.max_length, local.limits.value_chars),
          rule.date == null ? true : can(timeadd("${value}T00:00:00Z", "0s")),
          rule.date == null ? true : !coalesce(rule.date.not_past, false) || timecmp("${value}T00:00:00Z", local.today) >= 0,
          rule.date == null ? true : rule.date.max_days_ahead == null ? true : timecmp("${value}T00:00:00Z", timeadd(local.today, "${24 * rule.date.max_days_ahead}h")) <= 0,
          rule.number == null ? true : can(regex("^-?[0-9]+(\\.[0-9]+)?$", value)),
          rule.number == null ? true : tonumber(value) >= (rule.number.min == null ? tonumber(value) : rule.number.min),
          rule.number == null ? true : tonumber(value) <= (rule.number.max == null ? tonumber(value) : rule.number.max),
        ]), false)
      ])
    ],
    [
      for rule in local.forbidden_rules : "Our own resources have the tag ${jsonencode(coalesce(rule.key, rule.key_pattern))}, which tag_policy forbids."
      if rule.when == null && anytrue([
        for key in keys(var.own_tags) : key == rule.key
        || try(coalesce(rule.ignore_key_case, false) && lower(key) == lower(rule.key), false)
        || try(replace(key, "/^(?:${local.closed_patterns[rule.key_pattern]})$/", "") == "", false)
      ])
    ],
  )
}
