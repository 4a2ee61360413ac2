# The limits of a policy and what is blank; tests of the function hold both to its own.
locals {
  limits    = jsondecode(file("${path.module}/limits.json"))
  all_blank = "^${local.limits.blank}*$"
}

locals {
  # Without null fields. jsonencode escapes every quote in a string, so only a field matches.
  json = replace(replace(jsonencode(local.policy), "/,\"[a-z_]+\":null/", ""), "/\"[a-z_]+\":null,?/", "")
}

# Everything of one kind in the tag policy, wherever it is, with its path, so that each check is written once.
locals {
  required_rules = [
    for index, rule in try([for rule in local.policy.required_tags : rule], []) : merge(rule, { path = "required_tags[${index}, ${jsonencode(rule.key)}]" })
  ]

  forbidden_rules = [
    for index, rule in try([for rule in local.policy.forbidden_tags : rule], []) : merge(rule, { path = "forbidden_tags[${index}, ${jsonencode(rule.key != null ? rule.key : rule.key_pattern)}]" })
  ]

  rules = concat(local.required_rules, local.forbidden_rules)

  exemptions = [
    for index, exemption in try([for exemption in local.policy.exemptions : exemption], []) : merge(exemption, { path = "exemptions[${index}]" })
  ]

  outer_conditions = concat(
    [for rule in local.rules : { path = "${rule.path}.when", parts = rule.when } if rule.when != null],
    [for index, parts in try([for parts in local.policy.scope.include : parts], []) : { path = "scope.include[${index}]", parts = parts }],
    [for index, parts in try([for parts in local.policy.scope.exclude : parts], []) : { path = "scope.exclude[${index}]", parts = parts }],
    [for exemption in local.exemptions : { path = "${exemption.path}.when", parts = exemption.when }],
  )

  inner_conditions = flatten([
    for condition in local.outer_conditions : concat(
      [for index, parts in try([for parts in condition.parts.any : parts], []) : { path = "${condition.path}.any[${index}]", parts = parts, in = condition.path }],
      [for parts in try(condition.parts.not, null)[*] : { path = "${condition.path}.not", parts = parts, in = condition.path }],
    )
  ])

  conditions = concat(local.outer_conditions, [for it in local.inner_conditions : { path = it.path, parts = it.parts }])

  condition_tags = flatten([
    for condition in local.conditions : [
      for index, tag in try([for tag in condition.parts.tags : tag], []) : merge(tag, { path = "${condition.path}.tags[${index}, ${jsonencode(tag.key != null ? tag.key : tag.key_pattern)}]" })
    ]
  ])

  patterns = concat(
    [for rule in local.required_rules : { path = "${rule.path}.pattern", pattern = rule.pattern } if rule.pattern != null],
    [for tag in local.condition_tags : { path = "${tag.path}.pattern", pattern = tag.pattern } if tag.pattern != null],
    [for part in concat(local.forbidden_rules, local.condition_tags) : { path = "${part.path}.key_pattern", pattern = part.key_pattern } if part.key_pattern != null],
  )

  # The same patterns within quotes that \Q opens and nothing closes need \E before more can follow; it is an error elsewhere.
  closed_patterns = {
    for pattern in distinct([for entry in local.patterns : entry.pattern]) :
    pattern => can(replace("", "/${pattern}\\E/", "")) ? "${pattern}\\E" : pattern
  }

  # Lists of strings; the shape says what each string must look like.
  text_lists = [
    for list in concat(
      [for rule in local.required_rules : { path = "${rule.path}.allowed_values", texts = rule.allowed_values, shape = "value" }],
      [for rule in local.required_rules : { path = "${rule.path}.forbidden_values", texts = rule.forbidden_values, shape = "value" }],
      [for rule in local.required_rules : { path = "${rule.path}.alternative_keys", texts = rule.alternative_keys, shape = "key" }],
      [for rule in local.required_rules : { path = "${rule.path}.aliases", texts = rule.aliases, shape = "key" }],
      [for exemption in local.exemptions : { path = "${exemption.path}.keys", texts = exemption.keys, shape = "rule_key" }],
      [for tag in local.condition_tags : { path = "${tag.path}.values", texts = tag.values, shape = "value" }],
      flatten([
        for condition in local.conditions : [
          for name, shape in {
            accounts            = "account"
            auto_scaling_groups = "value"
            instance_ids        = "instance_id"
            operator            = "principal"
            regions             = "region"
            states              = "state"
            instance_types      = "value"
            availability_zones  = "value"
            image_ids           = "value"
            instance_profiles   = "value"
            vpc_ids             = "value"
            subnet_ids          = "value"
          } : { path = "${condition.path}.${name}", texts = try(condition.parts[name], null), shape = shape }
        ]
      ]),
    ) : list if list.texts != null
  ]

  texts = concat(
    [for rule in local.required_rules : { path = "${rule.path}.key", text = rule.key, shape = "key" }],
    [for part in concat(local.forbidden_rules, local.condition_tags) : { path = "${part.path}.key", text = part.key, shape = "key" } if part.key != null],
    [for rule in local.required_rules : { path = "${rule.path}.example", text = rule.example, shape = "value" } if rule.example != null],
    [for rule in local.rules : { path = "${rule.path}.enforced_from", text = rule.enforced_from, shape = "date" } if rule.enforced_from != null],
    [for rule in local.rules : { path = "${rule.path}.description", text = rule.description, shape = "sentence" } if rule.description != null],
    [for rule in local.rules : { path = "${rule.path}.severity", text = rule.severity, shape = "severity" } if rule.severity != null],
    [for exemption in local.exemptions : { path = "${exemption.path}.owner", text = exemption.owner, shape = "owner" }],
    [for exemption in local.exemptions : { path = "${exemption.path}.reason", text = exemption.reason, shape = "sentence" }],
    [for exemption in local.exemptions : { path = "${exemption.path}.expires", text = exemption.expires, shape = "date" }],
    [for entry in local.patterns : { path = entry.path, text = entry.pattern, shape = "pattern" }],
    [for key in local.policy.owner_tag[*] : { path = "owner_tag", text = key, shape = "key" }],
    flatten([
      for list in local.text_lists : [
        for index, text in list.texts : { path = "${list.path}[${index}]", text = text, shape = list.shape }
      ]
    ]),
  )

  # Keys that people set, with their path.
  settable_keys = concat(
    [for rule in local.rules : { path = "${rule.path}.key", key = rule.key } if rule.key != null],
    flatten([
      for rule in local.required_rules : [
        for list in ["alternative_keys", "aliases"] : [
          for index, key in coalesce(rule[list], []) : { path = "${rule.path}.${list}[${index}]", key = key }
        ]
      ]
    ]),
  )

  counts = concat(
    [for rule in local.required_rules : { path = "${rule.path}.date.max_days_ahead", count = try(rule.date.max_days_ahead, null) }],
    flatten([
      for condition in local.conditions : [
        for age in local.ages : { path = "${condition.path}.${age}", count = try(condition.parts[age], null) }
      ]
    ]),
  )

  bounds = flatten([
    for rule in local.required_rules : [
      for bound in ["min", "max"] : { path = "${rule.path}.number.${bound}", number = try(rule.number[bound], null) }
    ]
  ])

  # No string may be blank, whatever its shape. The meanings are those of policy check.
  shapes = {
    account     = { pattern = "^[0-9]{12}$", meaning = "an AWS account id of 12 digits" }
    date        = { pattern = "^([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-[0-9]{2}-[0-9]{2}$", meaning = "a day such as 2027-01-31" }
    instance_id = { pattern = "^i-([0-9a-f]{8}|[0-9a-f]{17})$", meaning = "an instance id: i- and 8 or 17 hexadecimal digits" }
    key         = { pattern = "^(?s:.{1,${local.limits.key_chars}})$", meaning = "1 to ${local.limits.key_chars} characters, not all blank" }
    owner       = { pattern = "^(?s:.{1,${local.limits.owner_chars}})$", meaning = "1 to ${local.limits.owner_chars} characters, not all blank" }
    principal   = { pattern = "^[a-z0-9-]+(\\.[a-z0-9-]+)+$", meaning = "a service principal such as eks.amazonaws.com" }
    pattern     = { pattern = "^(?s:.{1,${local.limits.pattern_chars}})$", meaning = "1 to ${local.limits.pattern_chars} characters, not all blank" }
    rule_key    = { pattern = "^(?s:.{1,${local.limits.pattern_chars}})$", meaning = "the key or key_pattern of a rule" }
    region      = { pattern = "^[a-z]+(-[a-z]+)+-[0-9]+$", meaning = "a region such as us-east-1" }
    sentence    = { pattern = "^(?s:.{1,${local.limits.text_chars}})$", meaning = "1 to ${local.limits.text_chars} characters, not all blank" }
    severity    = { pattern = "^(low|medium|high|critical)$", meaning = "low, medium, high or critical" }
    state       = { pattern = "^(pending|running|stopping|stopped)$", meaning = "pending, running, stopping or stopped" }
    value       = { pattern = "^(?s:.{1,${local.limits.value_chars}})$", meaning = "1 to ${local.limits.value_chars} characters, not all blank" }
  }

  list_lengths = concat(
    [{ path = "required_tags", length = length(local.required_rules), least = 0, most = local.limits.tags }],
    [{ path = "forbidden_tags", length = length(local.forbidden_rules), least = 0, most = local.limits.tags }],
    [{ path = "exemptions", length = length(local.exemptions), least = 0, most = local.limits.exemptions }],
    [for name in ["include", "exclude"] : { path = "scope.${name}", length = try(length(local.policy.scope[name]), 1), least = 1, most = local.limits.scope_conditions }],
  )

  empty_lists = concat(
    [for list in local.text_lists : list.path if length(list.texts) == 0],
    flatten([
      for condition in local.conditions : [
        for list in ["tags", "any"] : "${condition.path}.${list}" if try(length(condition.parts[list]) == 0, false)
      ]
    ]),
  )

  # In lower case as the function has it: of all capitals, only this one is two characters there.
  lower_keys = { for key in distinct([for rule in local.rules : rule.key if rule.key != null]) : key => lower(replace(key, "İ", "i\u0307")) }

  # Rules share a key if either of them matches the other's.
  same_keys = [
    for rule in local.required_rules : [
      for other in local.rules : other if other.path != rule.path && (
        other.key == rule.key
        || try((coalesce(rule.ignore_key_case, false) || coalesce(other.ignore_key_case, false)) && local.lower_keys[other.key] == local.lower_keys[rule.key], false)
        || try(replace(rule.key, "/^(?:${local.closed_patterns[other.key_pattern]})$/", "") == "", false)
      )
    ]
  ]
}
