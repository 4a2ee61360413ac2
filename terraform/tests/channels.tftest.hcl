# Each type of channel: what is created for it, and what may call what.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
  channels = {
    everyone  = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789", changes = ["opened", "digest"] }
    lobby     = { type = "chat", channel_id = "19%3ab6ef35dc%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000002" }
    on_call   = { type = "pagerduty", severities = ["critical", "high"], connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/on-call/12345678-0000-4000-8000-000000000003" }
    ops_slack = { type = "slack", channel_id = "C0123456789", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/12345678-0000-4000-8000-000000000004" }
    ops_teams = { type = "teams", url = "https://default0.environment.api.powerplatform.com/workflows/0/invoke?api-version=1&sp=%2Ftriggers", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/teams/12345678-0000-4000-8000-000000000005" }
    service   = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/jsm/12345678-0000-4000-8000-000000000006" }
    siem      = { type = "webhook", url = "https://siem.example.com/events", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/siem/12345678-0000-4000-8000-000000000007" }
  }
}

run "each_has_a_rule_of_its_own" {
  assert {
    condition = output.channels == {
      for name, type in { everyone = "chat", lobby = "chat", on_call = "pagerduty", ops_slack = "slack", ops_teams = "teams", service = "jsm", siem = "webhook" } :
      name => { rule_arn = "arn:aws-cn:events:cn-north-1:123456789012:rule/mock", rule_name = "channel-${name}-qa42", type = type }
    }
    error_message = "The channels are: ${jsonencode(output.channels)}"
  }

  assert {
    condition = alltrue([
      for channel in values(module.channel) :
      channel.rule.state == "ENABLED" && channel.target.rule == channel.rule.id && one(channel.target.dead_letter_config).arn == module.channels_dead_letter_queue[0].queue.arn &&
      one(channel.target.retry_policy) == { maximum_event_age_in_seconds = 86400, maximum_retry_attempts = 185 }
    ])
    error_message = "A channel is disabled, or gives up before a day without a dead letter."
  }

  assert {
    condition = jsonencode(jsondecode(module.channels_dead_letter_queue[0].queue.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == jsonencode([
      for name in sort(keys(var.channels)) : "arn:aws-cn:events:cn-north-1:123456789012:rule/channel-${name}-qa42"
    ])
    error_message = "The dead-letter queue admits: ${module.channels_dead_letter_queue[0].queue.policy}"
  }
}

run "what_each_sends" {
  assert {
    condition     = jsonencode({ for name, channel in module.channel : name => channel.target.input_path }) == jsonencode({ everyone = "$.detail.chat", lobby = "$.detail.chat", on_call = null, ops_slack = null, ops_teams = "$.detail.teams", service = null, siem = null })
    error_message = "A channel sends another part of the event."
  }

  assert {
    condition = jsonencode(jsondecode(replace(module.channel["ops_slack"].target.input_transformer[0].input_template, "<aws.events.event.json>", "1"))) == jsonencode({
      channel = { channel_id = "C0123456789", connection_arn = var.channels.ops_slack.connection_arn, endpoint = "https://slack.com/api/chat.postMessage", name = "ops_slack", type = "slack" }
      event   = 1
    })
    error_message = "The machine gets: ${module.channel["ops_slack"].target.input_transformer[0].input_template}"
  }

  assert {
    condition     = { for name, channel in module.channel : name => length(channel.target.input_transformer) } == { everyone = 0, lobby = 0, on_call = 1, ops_slack = 1, ops_teams = 0, service = 1, siem = 0 }
    error_message = "Only what goes to the machine has a template."
  }
}

run "each_may_do_one_thing" {
  assert {
    condition = { for name, channel in module.channel : name => channel.role_policy == null ? null : jsondecode(channel.role_policy.policy).Statement } == {
      everyone  = null
      lobby     = null
      on_call   = [{ Sid = "Deliver", Effect = "Allow", Action = ["states:StartExecution"], Resource = module.channel_machine[0].state_machine.arn }]
      ops_slack = [{ Sid = "Deliver", Effect = "Allow", Action = ["states:StartExecution"], Resource = module.channel_machine[0].state_machine.arn }]
      ops_teams = [{ Sid = "Deliver", Effect = "Allow", Action = ["events:InvokeApiDestination"], Resource = module.channel["ops_teams"].api_destination.arn }]
      service   = [{ Sid = "Deliver", Effect = "Allow", Action = ["states:StartExecution"], Resource = module.channel_machine[0].state_machine.arn }]
      siem      = [{ Sid = "Deliver", Effect = "Allow", Action = ["events:InvokeApiDestination"], Resource = module.channel["siem"].api_destination.arn }]
    }
    error_message = "A role may do more, or less."
  }

  assert {
    condition = alltrue([
      for name, channel in module.channel : channel.target.role_arn == channel.role.arn && jsondecode(channel.role.assume_role_policy).Statement == [{
        Sid       = "AssumedByRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnEquals    = { "aws:SourceArn" = "arn:aws-cn:events:cn-north-1:123456789012:rule/channel-${name}-qa42" }
        }
      }]
      if channel.role != null
    ])
    error_message = "Another rule may assume the role."
  }

  assert {
    condition     = module.channel["everyone"].target.role_arn == null && module.channel["everyone"].target.arn == module.channel_chat["everyone"].topic.arn
    error_message = "A chat channel's rule doesn't publish to its topic."
  }

  assert {
    condition     = module.channel["ops_slack"].target.arn == module.channel_machine[0].state_machine.arn && module.channel["siem"].target.arn == module.channel["siem"].api_destination.arn
    error_message = "A rule has another target."
  }
}

run "endpoints" {
  assert {
    condition = {
      for name, channel in module.channel : name => {
        connection = channel.api_destination.connection_arn
        method     = channel.api_destination.http_method
        rate       = channel.api_destination.invocation_rate_limit_per_second
        url        = channel.api_destination.invocation_endpoint
      } if channel.api_destination != null
      } == {
      for name, rate in { ops_teams = 2, siem = 50 } : name => {
        connection                  = var.channels[name].connection_arn
        method                      = "POST"
        rate                        = rate
        url                         = var.channels[name].url
      }
    }
    error_message = "The API destinations are others."
  }
}

run "chats" {
  assert {
    condition     = module.channel_chat["everyone"].slack.slack_channel_id == "C0123456789" && module.channel_chat["everyone"].slack.slack_team_id == "T0123456789" && module.channel_chat["everyone"].teams == null
    error_message = "The channel in Slack is another."
  }

  assert {
    condition     = module.channel_chat["lobby"].teams.channel_id == "19%3ab6ef35dc%40thread.tacv2" && module.channel_chat["lobby"].teams.team_id == var.channels.lobby.team_id && module.channel_chat["lobby"].teams.tenant_id == var.channels.lobby.tenant_id && module.channel_chat["lobby"].slack == null
    error_message = "The channel in Teams is another."
  }

  assert {
    condition = alltrue([
      for configuration in [module.channel_chat["everyone"].slack, module.channel_chat["lobby"].teams] :
      jsonencode(configuration.guardrail_policy_arns) == jsonencode(["arn:aws-cn:iam::aws:policy/AWSDenyAll"]) && configuration.iam_role_arn == module.channel_chat["lobby"].role.arn && length(configuration.sns_topic_arns) == 1
    ])
    error_message = "Somebody could run commands from the chat."
  }

  assert {
    condition     = jsonencode(jsondecode(module.channel_chat["lobby"].topic_policy.policy).Statement[0].Condition) == jsonencode({ ArnEquals = { "aws:SourceArn" = "arn:aws-cn:events:cn-north-1:123456789012:rule/channel-lobby-qa42" } })
    error_message = "The topic admits: ${module.channel_chat["lobby"].topic_policy.policy}"
  }

  assert {
    condition     = module.channel_chat["lobby"].topic.name == "channel-lobby-qa42" && module.channel_chat["lobby"].topic.kms_master_key_id == null
    error_message = "The topic has another name, or a key that EventBridge cannot use."
  }
}

run "alarms" {
  assert {
    condition     = module.observability.channels_dead_letters_alarm.dimensions == tomap({ QueueName = "tag-compliance-channels-dlq-qa42" }) && module.observability.channels_dead_letters_alarm.metric_name == "ApproximateNumberOfMessagesVisible"
    error_message = "The alarm doesn't watch the channels' dead letters."
  }

  assert {
    condition     = module.observability.channels_failed_alarm.dimensions == tomap({ StateMachineArn = module.channel_machine[0].state_machine.arn }) && module.observability.channels_failed_alarm.metric_name == "ExecutionsFailed" && module.observability.channels_failed_alarm.namespace == "AWS/States"
    error_message = "The alarm doesn't watch failed executions."
  }

  assert {
    condition = alltrue([
      for alarm in [module.observability.channels_dead_letters_alarm, module.observability.channels_failed_alarm] :
      alarm.comparison_operator == "GreaterThanThreshold" && alarm.threshold == 0 && alarm.treat_missing_data == "notBreaching" && alarm.alarm_actions == toset([module.alerts.topic.arn])
    ])
    error_message = "An alarm does not fire at the first one, fires at none, or publishes elsewhere."
  }

  assert {
    condition     = length(setsubtract(["arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:tag-compliance-channels-dead-letters-qa42", "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:tag-compliance-channels-failed-qa42"], jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"])) == 0
    error_message = "The topic admits: ${module.alerts.topic_policy.policy}"
  }

  assert {
    condition     = output.channels_dead_letters_alarm_name == "tag-compliance-channels-dead-letters-qa42" && output.channels_failed_alarm_name == "tag-compliance-channels-failed-qa42" && output.channels_state_machine_arn == module.channel_machine[0].state_machine.arn
    error_message = "The outputs name other alarms."
  }

  assert {
    condition     = output.channels_dead_letter_queue_arn == module.channels_dead_letter_queue[0].queue.arn && output.channels_dead_letter_queue_url == module.channels_dead_letter_queue[0].queue.url
    error_message = "The outputs name another queue."
  }
}

run "no_machine_without_a_channel_that_needs_it" {
  variables {
    channels              = { siem = { type = "webhook", url = "https://siem.example.com/events", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/siem/12345678-0000-4000-8000-000000000007" } }
    health_alarms_enabled = false
  }

  assert {
    condition     = length(module.channel_machine) == 0 && output.channels_state_machine_arn == null && output.channels_failed_alarm_name == null && output.channels_dead_letters_alarm_name == null
    error_message = "There is a state machine or an alarm that nothing needs."
  }

  assert {
    condition     = output.channels_dead_letter_queue_url != null
    error_message = "There is no dead-letter queue."
  }
}

run "boundary_and_key" {
  command = plan

  variables {
    kms_key_arn              = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
    permissions_boundary_arn = "arn:aws-cn:iam::123456789012:policy/boundary"
  }

  assert {
    condition = alltrue([
      for role in concat([for channel in values(module.channel) : channel.role if channel.role != null], values(module.channel_chat)[*].role) : role.permissions_boundary == "arn:aws-cn:iam::123456789012:policy/boundary"
    ])
    error_message = "A role has no boundary."
  }

  assert {
    condition     = module.channels_dead_letter_queue[0].queue.kms_master_key_id == var.kms_key_arn && module.channel_chat["everyone"].topic.kms_master_key_id == var.kms_key_arn
    error_message = "The queue or a topic is not encrypted by the key."
  }
}

run "connections_of_secrets" {
  variables {
    channels = {
      a = { type = "webhook", url = "https://siem.example.com/events" }
      b = { type = "teams", url = "https://default0.environment.api.powerplatform.com/invoke" }
      c = { type = "slack", channel_id = "C0123456789" }
      d = { type = "pagerduty", url = "https://events.eu.pagerduty.com/v2/enqueue" }
      e = { type = "jsm" }
    }
    channel_secrets = { a = "secret-a", b = "secret-b", c = "xoxb-c", d = "secret-d", e = "secret-e" }
  }

  assert {
    condition = jsonencode(nonsensitive({
      for name, module in module.channel_connection : name => {
        key    = [module.connection.auth_parameters[0].api_key[0].key, module.connection.auth_parameters[0].api_key[0].value]
        others = [for part in flatten([for http in module.connection.auth_parameters[0].invocation_http_parameters : concat(http.body, http.header, http.query_string)]) : [part.key, part.value, part.is_value_secret]]
      }
      })) == jsonencode({
      a = { key = ["Authorization", "secret-a"], others = [] }
      b = { key = ["x-unused", "none"], others = [["sig", "secret-b", true]] }
      c = { key = ["Authorization", "Bearer xoxb-c"], others = [] }
      d = { key = ["x-unused", "none"], others = [["routing_key", "secret-d", true]] }
      e = { key = ["Authorization", "GenieKey secret-e"], others = [] }
    })
    error_message = "A secret is in another part of its connection."
  }

  assert {
    condition     = nonsensitive(module.channel_connection["a"].connection.name) == "channel-a-qa42" && module.channel["a"].api_destination.connection_arn == module.channel_connection["a"].connection_arn
    error_message = "The channel doesn't use its connection."
  }

  assert {
    condition     = strcontains(module.channel["d"].target.input_transformer[0].input_template, "\"endpoint\":\"https://events.eu.pagerduty.com/v2/enqueue\"") && strcontains(module.channel["d"].target.input_transformer[0].input_template, module.channel_connection["d"].connection_arn)
    error_message = "The machine gets: ${module.channel["d"].target.input_transformer[0].input_template}"
  }
}

run "what_is_wrong_with_a_secret_is_said_without_it" {
  command = plan

  variables {
    channels        = { a = { type = "webhook", url = "https://siem.example.com" }, b = { type = "slack", channel_id = "C0123456789" } }
    channel_secrets = { a = "a secret of my own, with blanks and sig", b = "xoxb-1" }
  }

  assert {
    condition     = length(local.secret_faults) == 0
    error_message = "Faults: ${jsonencode(local.secret_faults)}"
  }

  assert {
    condition = jsonencode([
      for secret in ["", " x", "x\n", "ü", format("%0501d", 0), "Bearer xoxb-1", "geniekey x", "https://example.com", "a&sig=b"] :
      can(regex(local.secret_pattern, secret)) && !can(regex(local.wrapped_secret_pattern, secret))
    ]) == jsonencode([for i in range(9) : false])
    error_message = "A secret that is wrong is taken."
  }
}

run "a_channel_of_owners_gets_only_what_is_theirs" {
  command = plan

  variables {
    owners = {
      "data-*"   = { channels = ["siem"] }
      "web-team" = { channels = ["siem", "ops_teams"] }
      "*"        = {}
    }
  }

  assert {
    condition     = jsonencode(jsondecode(module.channel["siem"].rule.event_pattern).detail["$or"]) == jsonencode([{ changes = ["test"] }, { ownerPattern = ["data-*", "web-team"] }])
    error_message = "The pattern is: ${module.channel["siem"].rule.event_pattern}"
  }

  assert {
    condition     = jsonencode(jsondecode(module.channel["everyone"].rule.event_pattern).detail["$or"]) == jsonencode([{ changes = ["test"] }, { changes = ["digest", "opened"] }])
    error_message = "The pattern is: ${module.channel["everyone"].rule.event_pattern}"
  }
}

run "without_channels_nothing_of_them_exists" {
  variables {
    channels = {}
  }

  assert {
    condition     = length(module.channel) + length(module.channel_chat) + length(module.channel_connection) + length(module.channel_machine) + length(module.channels_dead_letter_queue) == 0
    error_message = "Something of the channels exists."
  }

  assert {
    condition     = module.observability.channels_dead_letters_alarm == null && module.observability.channels_failed_alarm == null && !strcontains(module.alerts.topic_policy.policy, "channels")
    error_message = "There is an alarm on channels."
  }

  assert {
    condition     = length(output.channels) == 0 && output.channels_dead_letter_queue_arn == null && output.channels_dead_letter_queue_url == null && output.channels_dead_letters_alarm_name == null && output.channels_failed_alarm_name == null && output.channels_state_machine_arn == null
    error_message = "An output is of a channel."
  }
}
