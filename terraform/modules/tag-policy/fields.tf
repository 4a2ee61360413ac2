# The fields of a policy. A variable's type would repeat the condition five times, and silently drop a misspelled field.
locals {
  # The kind of each field, by the kind of object.
  fields = {
    policy = {
      "$schema"      = "text"
      required_tags  = "objects"
      forbidden_tags = "objects"
      scope          = "object"
      exemptions     = "objects"
      owner_tag      = "text"
    }
    required_tag = {
      key               = "text"
      optional          = "bool"
      alternative_keys  = "texts"
      aliases           = "texts"
      allowed_values    = "texts"
      forbidden_values  = "texts"
      pattern           = "text"
      example           = "text"
      date              = "object"
      number            = "object"
      min_length        = "number"
      max_length        = "number"
      ignore_key_case   = "bool"
      ignore_value_case = "bool"
      description       = "text"
      severity          = "text"
      when              = "object"
      enforced_from     = "text"
    }
    date = {
      not_past       = "bool"
      max_days_ahead = "number"
    }
    number = {
      min = "number"
      max = "number"
    }
    forbidden_tag = {
      key             = "text"
      key_pattern     = "text"
      ignore_key_case = "bool"
      description     = "text"
      severity        = "text"
      when            = "object"
      enforced_from   = "text"
    }
    scope = {
      include = "objects"
      exclude = "objects"
    }
    exemption = {
      owner   = "text"
      reason  = "text"
      expires = "text"
      when    = "object"
      keys    = "texts"
    }
    condition       = merge(local.condition_fields, { any = "objects", not = "object" })
    inner_condition = local.condition_fields
    tag_condition = {
      key         = "text"
      key_pattern = "text"
      values      = "texts"
      pattern     = "text"
      absent      = "bool"
      ignore_case = "bool"
    }
  }

  condition_fields = {
    tags                = "objects"
    instance_ids        = "texts"
    auto_scaling_groups = "texts"
    states              = "texts"
    accounts            = "texts"
    regions             = "texts"
    operator            = "texts"
    instance_types      = "texts"
    availability_zones  = "texts"
    image_ids           = "texts"
    instance_profiles   = "texts"
    vpc_ids             = "texts"
    subnet_ids          = "texts"
    min_age_minutes     = "number"
    max_age_minutes     = "number"
    min_age_hours       = "number"
    max_age_hours       = "number"
  }

  meanings = {
    bool    = "true or false"
    number  = "a number"
    object  = "an object"
    objects = "a list of objects"
    text    = "a string"
    texts   = "a list of strings"
  }
}

# Every object of the policy as given, with its path. A value that is not a list counts as an empty one; shape_faults names it.
locals {
  rule_objects = flatten([
    for list, kind in { forbidden_tags = "forbidden_tag", required_tags = "required_tag" } : [
      for index, rule in try([for rule in var.tag_policy[list] : rule if !can(keys(var.tag_policy[list]))], []) :
      { path = "${list}[${index}, ${jsonencode(try(coalesce(try(tostring(rule.key), null), try(tostring(rule.key_pattern), null)), null))}]", kind = kind, given = rule }
    ]
  ])

  exemption_objects = [
    for index, exemption in try([for exemption in var.tag_policy.exemptions : exemption if !can(keys(var.tag_policy.exemptions))], []) :
    { path = "exemptions[${index}]", kind = "exemption", given = exemption }
  ]

  # Requirements that have fields of their own.
  requirement_objects = flatten([
    for rule in local.rule_objects : [
      for kind in ["date", "number"] : { path = "${rule.path}.${kind}", kind = kind, given = rule.given[kind] } if try(rule.given[kind], null) != null
    ] if rule.kind == "required_tag"
  ])

  outer_condition_objects = concat(
    [
      for object in concat(local.rule_objects, local.exemption_objects) : { path = "${object.path}.when", kind = "condition", given = object.given.when }
      if try(object.given.when, null) != null
    ],
    flatten([
      for list in ["include", "exclude"] : [
        for index, condition in try([for condition in var.tag_policy.scope[list] : condition if !can(keys(var.tag_policy.scope[list]))], []) :
        { path = "scope.${list}[${index}]", kind = "condition", given = condition }
      ]
    ]),
  )

  # A condition in a condition cannot have conditions of its own.
  inner_condition_objects = flatten([
    for condition in local.outer_condition_objects : concat(
      [
        for index, inner in try([for inner in condition.given.any : inner if !can(keys(condition.given.any))], []) :
        { path = "${condition.path}.any[${index}]", kind = "inner_condition", given = inner, in = condition.path, part = "any" }
      ],
      [
        for inner in try(condition.given.not, null)[*] : { path = "${condition.path}.not", kind = "inner_condition", given = inner, in = condition.path, part = "not" }
      ],
    )
  ])

  condition_objects = concat(local.outer_condition_objects, [for it in local.inner_condition_objects : { path = it.path, kind = it.kind, given = it.given }])

  tag_condition_objects = flatten([
    for condition in local.condition_objects : [
      for index, tag in try([for tag in condition.given.tags : tag if !can(keys(condition.given.tags))], []) :
      { path = "${condition.path}.tags[${index}, ${jsonencode(try(coalesce(try(tostring(tag.key), null), try(tostring(tag.key_pattern), null)), null))}]", kind = "tag_condition", given = tag, in = condition.path }
    ]
  ])

  objects = concat(
    [{ path = "", kind = "policy", given = var.tag_policy }],
    [for scope in try(var.tag_policy.scope, null)[*] : { path = "scope", kind = "scope", given = scope }],
    local.rule_objects, local.requirement_objects, local.exemption_objects, local.condition_objects, local.tag_condition_objects,
  )
}

# The same, with every field converted as a variable's type would convert it, and null if it is missing.
locals {
  converted = {
    for object in local.objects : object.path => merge(
      { for name, kind in local.fields[object.kind] : name => try(tostring(object.given[name]), null) if kind == "text" && name != "$schema" },
      { for name, kind in local.fields[object.kind] : name => try(tonumber(object.given[name]), null) if kind == "number" },
      { for name, kind in local.fields[object.kind] : name => try(tobool(object.given[name]), null) if kind == "bool" },
      { for name, kind in local.fields[object.kind] : name => try([for text in object.given[name] : tostring(text)], null) if kind == "texts" },
    )
  }

  simple_conditions = {
    for condition in local.condition_objects : condition.path => merge(local.converted[condition.path], {
      tags = try(condition.given.tags, null) == null ? null : [
        for tag in local.tag_condition_objects : local.converted[tag.path] if tag.in == condition.path
      ]
    })
  }

  converted_conditions = {
    for condition in local.outer_condition_objects : condition.path => merge(local.simple_conditions[condition.path], {
      any = try(condition.given.any, null) == null ? null : [
        for inner in local.inner_condition_objects : local.simple_conditions[inner.path] if inner.in == condition.path && inner.part == "any"
      ]
      not = try(local.simple_conditions["${condition.path}.not"], null)
    })
  }

  policy = merge(local.converted[""], {
    for list, objects in { exemptions = local.exemption_objects, forbidden_tags = local.rule_objects, required_tags = local.rule_objects } :
    list => try(var.tag_policy[list], null) == null ? null : [
      for object in objects : merge(
        local.converted[object.path],
        { when = try(local.converted_conditions["${object.path}.when"], null) },
        { for kind in ["date", "number"] : kind => try(local.converted["${object.path}.${kind}"], null) if contains(keys(local.fields[object.kind]), kind) },
      )
      if startswith(object.path, "${list}[")
    ]
    }, {
    scope = try(var.tag_policy.scope, null) == null ? null : {
      for list in ["include", "exclude"] : list => try(var.tag_policy.scope[list], null) == null ? null : [
        for condition in local.outer_condition_objects : local.converted_conditions[condition.path] if startswith(condition.path, "scope.${list}[")
      ]
    }
  })

  shape_faults = concat(
    flatten([
      for object in local.objects : [
        for name in keys(object.given) : "tag_policy${object.path == "" ? "" : ".${object.path}"} has ${jsonencode(name)}, which is not one of its fields: ${join(", ", keys(local.fields[object.kind]))}."
        if !contains(keys(local.fields[object.kind]), name) && !(object.kind == "inner_condition" && contains(["any", "not"], name) && try(object.given[name] == null, false))
      ] if can(keys(object.given))
    ]),
    [
      for object in local.objects : "tag_policy.${object.path} is ${jsonencode(object.given)}; it must be an object."
      if object.given != null && !can(keys(object.given)) && object.path != "" && object.path != "scope" && !can(regex("\\.(when|not|date|number)$", object.path))
    ],
    flatten([
      for object in local.objects : [
        for name, kind in local.fields[object.kind] : "tag_policy.${object.path == "" ? "" : "${object.path}."}${name} is ${jsonencode(object.given[name])}; it must be ${local.meanings[kind]}."
        if try(object.given[name], null) != null && !{
          bool    = can(tobool(object.given[name]))
          number  = can(tonumber(object.given[name]))
          object  = can(keys(object.given[name]))
          objects = !can(keys(object.given[name])) && can([for element in object.given[name] : element])
          text    = can(tostring(object.given[name]))
          texts   = !can(keys(object.given[name])) && can([for text in object.given[name] : tostring(text)])
        }[kind]
      ]
    ]),
  )
}
