# The limits of a policy and what is blank, which tests of the function hold to its own.
locals {
  limits    = jsondecode(file("${path.module}/limits.json"))
  all_blank = "^${local.limits.blank}*$"
}

locals {
  # Without the fields that are null. In texts every quote is escaped, so that nothing but a field looks like one.
  json = replace(replace(jsonencode(local.policy), "/,\"[a-z_]+\":null/", ""), "/\"[a-z_]+\":null,?/", "")
}

# Everything of one kind in the tag policy, wherever it is, with its path: so each check is written once.
locals {
  required_rules = [
    for index, rule in try([for rule in local.policy.required_tags : rule], []) : merge(rule, { path = "required_tags[${index}, ${jsonencode(rule.key)}]" })
  ]

  forbidden_rules = [
    for index, rule in try([for rule in local.policy.forbidden_tags : rule], []) : merge(rule, { path = "forbidden_tags[${index}, ${jsonencode(rule.key)}]" })
  ]

  rules = concat(local.required_rules, local.forbidden_rules)

  exemptions = [
    for index, exemption in try([for exemption in local.policy.exemptions : exemption], []) : merge(exemption, { path = "exemptions[${index}]" })
  ]

  conditions = concat(
    [for rule in local.rules : { path = "${rule.path}.when", parts = rule.when } if rule.when != null],
    [for index, parts in try([for parts in local.policy.scope.include : parts], []) : { path = "scope.include[${index}]", parts = parts }],
    [for index, parts in try([for parts in local.policy.scope.exclude : parts], []) : { path = "scope.exclude[${index}]", parts = parts }],
    [for exemption in local.exemptions : { path = "${exemption.path}.when", parts = exemption.when }],
  )

  condition_tags = flatten([
    for condition in local.conditions : [
      for index, tag in try([for tag in condition.parts.tags : tag], []) : merge(tag, { path = "${condition.path}.tags[${index}, ${jsonencode(tag.key)}]" })
    ]
  ])

  patterns = concat(
    [for rule in local.required_rules : { path = "${rule.path}.pattern", pattern = rule.pattern } if rule.pattern != null],
    [for tag in local.condition_tags : { path = "${tag.path}.pattern", pattern = tag.pattern } if tag.pattern != null],
  )

  # Lists of texts; what each text must be is its shape.
  text_lists = [
    for list in concat(
      [for rule in local.required_rules : { path = "${rule.path}.allowed_values", texts = rule.allowed_values, shape = "value" }],
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
          } : { path = "${condition.path}.${name}", texts = try(condition.parts[name], null), shape = shape }
        ]
      ]),
    ) : list if list.texts != null
  ]

  texts = concat(
    [for rule in local.rules : { path = "${rule.path}.key", text = rule.key, shape = "key" }],
    [for tag in local.condition_tags : { path = "${tag.path}.key", text = tag.key, shape = "key" }],
    [for rule in local.rules : { path = "${rule.path}.description", text = rule.description, shape = "sentence" } if rule.description != null],
    [for rule in local.rules : { path = "${rule.path}.severity", text = rule.severity, shape = "severity" } if rule.severity != null],
    [for exemption in local.exemptions : { path = "${exemption.path}.owner", text = exemption.owner, shape = "owner" }],
    [for exemption in local.exemptions : { path = "${exemption.path}.reason", text = exemption.reason, shape = "sentence" }],
    [for exemption in local.exemptions : { path = "${exemption.path}.expires", text = exemption.expires, shape = "date" }],
    [for key in local.policy.owner_tag[*] : { path = "owner_tag", text = key, shape = "key" }],
    flatten([
      for list in local.text_lists : [
        for index, text in list.texts : { path = "${list.path}[${index}]", text = text, shape = list.shape }
      ]
    ]),
  )

  # None may be blank, whatever its shape.
  shapes = {
    account     = { pattern = "^[0-9]{12}$", meaning = "the 12 digits of an account" }
    date        = { pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", meaning = "a date that exists, as YYYY-MM-DD" }
    instance_id = { pattern = "^i-([0-9a-f]{8}|[0-9a-f]{17})$", meaning = "the id of an instance, such as i-1234567890abcdef0" }
    key         = { pattern = "^(?s:.{1,${local.limits.key_chars}})$", meaning = "1 to ${local.limits.key_chars} characters and not blank" }
    owner       = { pattern = "^(?s:.{1,${local.limits.owner_chars}})$", meaning = "1 to ${local.limits.owner_chars} characters and not blank" }
    principal   = { pattern = "^[a-z0-9-]+(\\.[a-z0-9-]+)+$", meaning = "a service principal, such as eks.amazonaws.com" }
    region      = { pattern = "^[a-z]+(-[a-z]+)+-[0-9]+$", meaning = "the id of a region, such as us-east-1" }
    sentence    = { pattern = "^(?s:.{1,${local.limits.text_chars}})$", meaning = "1 to ${local.limits.text_chars} characters and not blank" }
    severity    = { pattern = "^(low|medium|high|critical)$", meaning = "low, medium, high or critical" }
    state       = { pattern = "^(pending|running|stopping|stopped)$", meaning = "pending, running, stopping or stopped" }
    value       = { pattern = "^(?s:.{1,${local.limits.value_chars}})$", meaning = "1 to ${local.limits.value_chars} characters and not blank" }
  }

  list_lengths = concat(
    [{ path = "required_tags", length = length(local.required_rules), least = 0, most = local.limits.tags }],
    [{ path = "forbidden_tags", length = length(local.forbidden_rules), least = 0, most = local.limits.tags }],
    [{ path = "exemptions", length = length(local.exemptions), least = 0, most = local.limits.exemptions }],
    [for name in ["include", "exclude"] : { path = "scope.${name}", length = try(length(local.policy.scope[name]), 1), least = 1, most = local.limits.scope_conditions }],
  )

  empty_lists = concat(
    [for list in local.text_lists : list.path if length(list.texts) == 0],
    [for condition in local.conditions : "${condition.path}.tags" if try(length(condition.parts.tags) == 0, false)],
  )

  # Two rules are about the same key where either of them takes it to be.
  same_keys = [
    for rule in local.required_rules : [
      for other in local.rules : other if other.path != rule.path && (
        other.key == rule.key || try((coalesce(rule.ignore_key_case, false) || coalesce(other.ignore_key_case, false)) && lower(other.key) == lower(rule.key), false)
      )
    ]
  ]
}
