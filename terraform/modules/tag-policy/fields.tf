# What a policy can hold. A variable's type would repeat the condition five times, and silently drop a misspelled field.
locals {
  # By the kind of an object, what each of its fields is.
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
      allowed_values    = "texts"
      pattern           = "text"
      min_length        = "number"
      max_length        = "number"
      ignore_key_case   = "bool"
      ignore_value_case = "bool"
      description       = "text"
      severity          = "text"
      when              = "object"
    }
    forbidden_tag = {
      key             = "text"
      ignore_key_case = "bool"
      description     = "text"
      severity        = "text"
      when            = "object"
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
    }
    condition = {
      tags                = "objects"
      instance_ids        = "texts"
      auto_scaling_groups = "texts"
      states              = "texts"
      accounts            = "texts"
      regions             = "texts"
      min_age_hours       = "number"
      max_age_hours       = "number"
      operator            = "texts"
    }
    tag_condition = {
      key         = "text"
      values      = "texts"
      pattern     = "text"
      absent      = "bool"
      ignore_case = "bool"
    }
  }

  meanings = {
    bool    = "true or false"
    number  = "a number"
    object  = "an object"
    objects = "a list of objects"
    text    = "a text"
    texts   = "a list of texts"
  }
}

# Every object of the policy as given, with its path. A value that is not a list counts as an empty one; shape_faults names it.
locals {
  rule_objects = flatten([
    for list, kind in { forbidden_tags = "forbidden_tag", required_tags = "required_tag" } : [
      for index, rule in try([for rule in var.tag_policy[list] : rule if !can(keys(var.tag_policy[list]))], []) :
      { path = "${list}[${index}, ${jsonencode(try(tostring(rule.key), null))}]", kind = kind, given = rule }
    ]
  ])

  exemption_objects = [
    for index, exemption in try([for exemption in var.tag_policy.exemptions : exemption if !can(keys(var.tag_policy.exemptions))], []) :
    { path = "exemptions[${index}]", kind = "exemption", given = exemption }
  ]

  condition_objects = concat(
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

  tag_condition_objects = flatten([
    for condition in local.condition_objects : [
      for index, tag in try([for tag in condition.given.tags : tag if !can(keys(condition.given.tags))], []) :
      { path = "${condition.path}.tags[${index}, ${jsonencode(try(tostring(tag.key), null))}]", kind = "tag_condition", given = tag, in = condition.path }
    ]
  ])

  objects = concat(
    [{ path = "", kind = "policy", given = var.tag_policy }],
    [for scope in try(var.tag_policy.scope, null)[*] : { path = "scope", kind = "scope", given = scope }],
    local.rule_objects, local.exemption_objects, local.condition_objects, local.tag_condition_objects,
  )
}

# The same, with every field converted as a variable's type would, and null where it is not given.
locals {
  converted = {
    for object in local.objects : object.path => merge(
      { for name, kind in local.fields[object.kind] : name => try(tostring(object.given[name]), null) if kind == "text" && name != "$schema" },
      { for name, kind in local.fields[object.kind] : name => try(tonumber(object.given[name]), null) if kind == "number" },
      { for name, kind in local.fields[object.kind] : name => try(tobool(object.given[name]), null) if kind == "bool" },
      { for name, kind in local.fields[object.kind] : name => try([for text in object.given[name] : tostring(text)], null) if kind == "texts" },
    )
  }

  converted_conditions = {
    for condition in local.condition_objects : condition.path => merge(local.converted[condition.path], {
      tags = try(condition.given.tags, null) == null ? null : [
        for tag in local.tag_condition_objects : local.converted[tag.path] if tag.in == condition.path
      ]
    })
  }

  policy = merge(local.converted[""], {
    for list, objects in { exemptions = local.exemption_objects, forbidden_tags = local.rule_objects, required_tags = local.rule_objects } :
    list => try(var.tag_policy[list], null) == null ? null : [
      for object in objects : merge(local.converted[object.path], { when = try(local.converted_conditions["${object.path}.when"], null) })
      if startswith(object.path, "${list}[")
    ]
    }, {
    scope = try(var.tag_policy.scope, null) == null ? null : {
      for list in ["include", "exclude"] : list => try(var.tag_policy.scope[list], null) == null ? null : [
        for condition in local.condition_objects : local.converted_conditions[condition.path] if startswith(condition.path, "scope.${list}[")
      ]
    }
  })

  shape_faults = concat(
    flatten([
      for object in local.objects : [
        for name in keys(object.given) : "tag_policy${object.path == "" ? "" : ".${object.path}"} has ${jsonencode(name)}, which is none of its fields: ${join(", ", keys(local.fields[object.kind]))}."
        if !contains(keys(local.fields[object.kind]), name)
      ] if can(keys(object.given))
    ]),
    [
      for object in local.objects : "tag_policy.${object.path} is ${jsonencode(object.given)}; it must be an object."
      if object.given != null && !can(keys(object.given)) && object.path != "" && !endswith(object.path, ".when") && object.path != "scope"
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
