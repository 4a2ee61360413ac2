# What is valid and probably not meant. tag-compliance policy check tells more of it, where telling takes a program.
locals {
  places = jsondecode(file("${path.module}/places.json"))

  # The tags by whose value a rule is on or off. Mistyped in a not, they turn it on, which is seen.
  switches = [
    for tag in local.condition_tags : tag
    if can(regex("^(required|forbidden)_tags\\[.*\\]\\.when(\\.any\\[[0-9]+\\])?\\.tags\\[[0-9]+, ", tag.path)) && !can(regex("\\.when\\.not\\.tags\\[", tag.path))
    && (tag.values != null || tag.pattern != null) && tag.key != null && !can(regex("^(?i:aws:)", tag.key))
  ]

  # By their index, the rules that say which values such a tag may have.
  rules_of_switches = [
    for tag in local.switches : [
      for rule in local.required_rules : rule
      if(rule.allowed_values != null || rule.pattern != null || rule.date != null || rule.number != null) && (
        anytrue([for key in concat([rule.key], coalesce(rule.alternative_keys, [])) : key == tag.key])
        || try((coalesce(rule.ignore_key_case, false) || coalesce(tag.ignore_case, false)) && lower(rule.key) == lower(tag.key), false)
      )
    ]
  ]

  # By their index, the values that are right for a tag of a condition, on every instance. Exemptions may be for others.
  right_values = [
    for tag in local.condition_tags : flatten([
      for rule in local.required_rules : [
        for value in rule.allowed_values : coalesce(rule.ignore_value_case, false) || coalesce(tag.ignore_case, false) ? lower(value) : value
      ] if rule.when == null && rule.allowed_values != null && rule.key == tag.key && !startswith(tag.path, "exemptions[")
    ])
  ]

  # Where a * stands for itself alone, and what to write instead. A forbidden value that is nothing else is meant so.
  literal_texts = concat(
    [for rule in local.required_rules : { path = "${rule.path}.key", texts = [rule.key], instead = "the key in full" }],
    [for rule in local.required_rules : { path = "${rule.path}.alternative_keys", texts = rule.alternative_keys, instead = "each key in full" }],
    [for rule in local.required_rules : { path = "${rule.path}.aliases", texts = rule.aliases, instead = "each key in full" }],
    [for rule in local.required_rules : { path = "${rule.path}.forbidden_values", texts = try(setsubtract(rule.forbidden_values, ["*"]), null), instead = "each value in full" }],
    [for rule in local.required_rules : { path = "${rule.path}.allowed_values", texts = rule.allowed_values, instead = "a pattern instead" }],
    [for part in concat(local.forbidden_rules, local.condition_tags) : { path = "${part.path}.key", texts = [part.key], instead = "key_pattern instead" }],
    [for tag in local.condition_tags : { path = "${tag.path}.values", texts = tag.values, instead = "a pattern instead" }],
    [{ path = "owner_tag", texts = [local.policy.owner_tag], instead = "the key in full" }],
  )

  traps = concat(
    [
      for text in local.texts : "tag_policy.${text.path} is ${jsonencode(text.text)}, no region that this version knows; check its spelling."
      if text.shape == "region" && !contains(local.places.regions, coalesce(text.text, "-"))
    ],
    [
      for text in local.texts : "tag_policy.${text.path} is ${jsonencode(text.text)}, no real account, but an example; write your own."
      if text.shape == "account" && contains(local.places.example_accounts, coalesce(text.text, "-"))
    ],
    [
      for list in local.text_lists : "tag_policy.${list.path} has a text twice; remove one."
      if length(distinct(list.texts)) != length(list.texts)
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.allowed_values has values that differ only in case; keep one, and set ignore_value_case."
      if try(length(distinct([for value in rule.allowed_values : lower(value)])) != length(distinct(rule.allowed_values)), false)
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.allowed_values has ${join(", ", [for value in setintersection(rule.allowed_values, rule.forbidden_values) : jsonencode(value)])}, which forbidden_values has, too; remove it from one of the two."
      if try(length(setintersection(rule.allowed_values, rule.forbidden_values)) > 0, false)
    ],
    [
      for list in local.literal_texts : "tag_policy.${list.path} has a text with *, which is no wildcard here; write ${list.instead}."
      if anytrue([for text in coalesce(list.texts, []) : can(regex("[*]", text))])
    ],
    [
      for index, rule in local.rules : "tag_policy.${rule.path}.key differs from another rule's only in case; merge the two, with ignore_key_case."
      if anytrue([
        for other in slice(local.rules, 0, index) : try(startswith(other.path, "required") == startswith(rule.path, "required") && other.key != rule.key
        && lower(other.key) == lower(rule.key) && !coalesce(other.ignore_key_case, false) && !coalesce(rule.ignore_key_case, false), false)
      ])
    ],
    [
      for tag in local.condition_tags : "tag_policy.${tag.path}.key differs from a rule's only in case; write it the same way, or set ignore_case."
      if tag.key == null || coalesce(tag.ignore_case, false) ? false : !anytrue([for rule in local.rules : rule.key == tag.key]) && anytrue([for rule in local.required_rules : try(lower(rule.key) == lower(tag.key) && !coalesce(rule.ignore_key_case, false), false)])
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.aliases has ${join(", ", [for key in setintersection(rule.aliases, [for other in local.required_rules : other.key]) : jsonencode(key)])}, the key of a rule; remove it."
      if try(length(setintersection(rule.aliases, [for other in local.required_rules : other.key])) > 0, false)
    ],
    [
      for rule in local.required_rules : "tag_policy.${rule.path}.alternative_keys has ${join(", ", [for key in setintersection(rule.alternative_keys, local.always_forbidden) : jsonencode(key)])}, which is forbidden; remove it from one of the two."
      if try(length(setintersection(rule.alternative_keys, local.always_forbidden)) > 0, false)
    ],
    flatten([
      for index, rule in local.required_rules : [
        for other in local.same_keys[index] : "tag_policy.${rule.path} requires what tag_policy.${other.path} forbids, so that no instance can comply with both; give one of the two a when, with not."
        if startswith(other.path, "forbidden_tags") && (rule.when == null) != (other.when == null)
      ] if !coalesce(rule.optional, false) && rule.alternative_keys == null
    ]),
    [
      for rule in local.rules : "tag_policy.${rule.path}.enforced_from is ${rule.enforced_from}, more than five years off; is the year right?"
      if try(timecmp("${rule.enforced_from}T00:00:00Z", timeadd(local.now, "${24 * 5 * 366}h")) > 0, false)
    ],
    [
      for condition in local.conditions : "tag_policy.${condition.path}.any has one condition; write its parts beside any, or add another."
      if try(length(condition.parts.any) == 1, false)
    ],
    [
      for index, tag in local.condition_tags : "tag_policy.${tag.path}.values matches no allowed value of ${jsonencode(tag.key)}, which are ${join(", ", distinct(local.right_values[index]))}; write one of these."
      if try(length(local.right_values[index]) > 0 && length(setintersection(local.right_values[index], concat(tag.values, [for value in tag.values : lower(value)]))) == 0, false)
    ],
    [
      for index, tag in local.switches : "tag_policy.${tag.path}: a mistyped ${jsonencode(tag.key)} turns this rule off unnoticed, since no rule says which values that tag may have; add one with allowed_values."
      if length(local.rules_of_switches[index]) == 0
    ],
    [
      for exemption in local.exemptions : "tag_policy.${exemption.path} accepts nothing, since forbidden tags are exempt only by name; name them in keys."
      if exemption.keys == null && length(local.required_rules) == 0
    ],
  )

  always_forbidden = [for rule in local.forbidden_rules : rule.key if rule.when == null && rule.key != null]
}
