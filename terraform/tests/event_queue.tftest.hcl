mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  event_queue_drain_seconds = 0
  lambda_zip_path           = "tests/fixtures/bootstrap.zip"
  suffix                    = "qa42"
}

run "off_by_default" {
  assert {
    condition     = module.events.event_queue_mapping.enabled == false
    error_message = "An unused queue is polled, which costs money."
  }

  assert {
    condition     = alltrue([for target in module.events.targets : target.arn == module.checker.function.arn])
    error_message = "The targets are: ${jsonencode(values(module.events.targets)[*].arn)}"
  }

  assert {
    condition     = output.event_delivery == "direct" && output.event_queue_arn == module.event_queue.queue.arn && output.event_queue_url == module.event_queue.queue.url
    error_message = "The outputs name another queue."
  }
}

run "queue" {
  variables {
    event_delivery = "queue"
  }

  assert {
    condition     = module.event_queue.queue.sqs_managed_sse_enabled && !coalesce(module.event_queue.queue.fifo_queue, false) && coalesce(module.event_queue.queue.delay_seconds, 0) == 0
    error_message = "The queue is not encrypted, not a standard queue, or delays."
  }

  assert {
    condition     = module.event_queue.queue.visibility_timeout_seconds == 6 * module.checker.function.timeout
    error_message = "Messages come back after ${module.event_queue.queue.visibility_timeout_seconds} s, not after six times the function's timeout."
  }

  assert {
    condition     = jsonencode(jsondecode(module.event_queue.queue.redrive_policy)) == jsonencode({ deadLetterTargetArn = module.dead_letter_queue.queue.arn, maxReceiveCount = 5 })
    error_message = "The redrive policy is: ${module.event_queue.queue.redrive_policy}"
  }

  assert {
    condition = jsonencode(jsondecode(module.event_queue.queue.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-events-qa42"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "AllowEventsOfRules"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-events-qa42"
          Condition = {
            ArnEquals = { "aws:SourceArn" = [
              "arn:aws-cn:events:cn-north-1:123456789012:rule/ec2-state-change-qa42",
              "arn:aws-cn:events:cn-north-1:123456789012:rule/ec2-tag-change-qa42",
            ] }
          }
        },
      ]
    })
    error_message = "The queue policy is: ${module.event_queue.queue.policy}"
  }

  assert {
    condition     = module.event_queue.queue.name == "tag-compliance-events-qa42" && module.delay_queue.queue.name == "tag-compliance-delay-qa42"
    error_message = "The queues are called ${module.event_queue.queue.name} and ${module.delay_queue.queue.name}."
  }
}

run "delivery" {
  variables {
    event_delivery = "queue"
  }

  override_module {
    target = module.event_queue
    outputs = {
      queue = {
        arn = "arn:aws-cn:sqs:cn-north-1:123456789012:events"
        url = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events"
      }
    }
  }

  assert {
    condition     = length(module.events.targets) == 2 && alltrue([for target in module.events.targets : target.arn == "arn:aws-cn:sqs:cn-north-1:123456789012:events"])
    error_message = "The targets are: ${jsonencode(values(module.events.targets)[*].arn)}"
  }

  assert {
    condition     = alltrue([for target in module.events.targets : one(target.dead_letter_config).arn == module.dead_letter_queue.queue.arn && one(target.retry_policy).maximum_event_age_in_seconds == 86400])
    error_message = "Events that cannot be put into the queue are lost."
  }

  assert {
    condition     = module.events.event_queue_mapping.event_source_arn == "arn:aws-cn:sqs:cn-north-1:123456789012:events" && module.events.event_queue_mapping.function_name == module.checker.function.arn
    error_message = "The mapping is between ${module.events.event_queue_mapping.event_source_arn} and ${module.events.event_queue_mapping.function_name}."
  }

  assert {
    condition     = module.events.event_queue_mapping.batch_size == 200 && module.events.event_queue_mapping.maximum_batching_window_in_seconds == 1
    error_message = "Batches have ${module.events.event_queue_mapping.batch_size} messages of ${module.events.event_queue_mapping.maximum_batching_window_in_seconds} s."
  }

  assert {
    condition     = module.events.event_queue_mapping.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A failed message is redelivered with its whole batch."
  }

  assert {
    condition     = one(module.events.event_queue_mapping.scaling_config).maximum_concurrency == 10
    error_message = "The concurrency is ${jsonencode(module.events.event_queue_mapping.scaling_config)}"
  }

  assert {
    condition     = module.events.event_queue_mapping.enabled && length(module.events.event_queue_mapping.filter_criteria) == 0
    error_message = "Not every event is delivered."
  }

  assert {
    condition = jsonencode(one([for statement in jsondecode(module.checker.role_policy.policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "ReceiveEvents"])) == jsonencode([
      ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], "arn:aws-cn:sqs:cn-north-1:123456789012:events"
    ])
    error_message = "The role may do something else with the queue: ${module.checker.role_policy.policy}"
  }

  assert {
    condition     = output.event_delivery == "queue" && output.event_queue_arn == "arn:aws-cn:sqs:cn-north-1:123456789012:events" && output.event_queue_url == "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/events"
    error_message = "The outputs name another queue."
  }
}

run "concurrency" {
  variables {
    event_delivery              = "queue"
    event_queue_max_concurrency = 2
    event_queue_window_seconds  = 20
  }

  assert {
    condition     = one(module.events.event_queue_mapping.scaling_config).maximum_concurrency == 2
    error_message = "event_queue_max_concurrency does not reach the mapping."
  }

  assert {
    condition     = module.events.event_queue_mapping.maximum_batching_window_in_seconds == 20 && module.events.delay_queue_mapping.maximum_batching_window_in_seconds == 1
    error_message = "event_queue_window_seconds does not reach its mapping alone."
  }
}

run "an_object_for_each_record_by_default" {
  command = plan

  variables {
    event_delivery = "queue"
  }

  assert {
    condition     = !contains(keys(module.checker.function.environment[0].variables), "AUDIT_RECORDS")
    error_message = "The default takes room from the policy, in the environment of the function."
  }
}

run "one_object_for_a_batch" {
  command = plan

  variables {
    audit_records  = "batch"
    event_delivery = "queue"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["AUDIT_RECORDS"] == "batch"
    error_message = "audit_records does not reach the function."
  }
}

run "refuses_batches_of_events_that_come_one_by_one" {
  command = plan

  variables {
    audit_records = "batch"
  }

  expect_failures = [var.audit_records]
}

run "refuses_other_records" {
  command = plan

  variables {
    audit_records  = "Batch"
    event_delivery = "queue"
  }

  expect_failures = [var.audit_records]
}

run "refuses_another_delivery" {
  command = plan

  variables {
    event_delivery = "Queue"
  }

  expect_failures = [var.event_delivery]
}

run "refuses_a_concurrency_that_lambda_does_not_take" {
  command = plan

  variables {
    event_queue_max_concurrency = 1
  }

  expect_failures = [var.event_queue_max_concurrency]
}

run "refuses_more_than_lambda_takes" {
  command = plan

  variables {
    event_queue_max_concurrency = 1001
  }

  expect_failures = [var.event_queue_max_concurrency]
}

run "refuses_half_a_batch" {
  command = plan

  variables {
    event_queue_max_concurrency = 2.5
  }

  expect_failures = [var.event_queue_max_concurrency]
}

run "refuses_no_window" {
  command = plan

  variables {
    event_queue_window_seconds = 0
  }

  expect_failures = [var.event_queue_window_seconds]
}

run "refuses_a_window_longer_than_an_idle_poll" {
  command = plan

  variables {
    event_queue_window_seconds = 21
  }

  expect_failures = [var.event_queue_window_seconds]
}

run "refuses_half_a_second" {
  command = plan

  variables {
    event_queue_window_seconds = 1.5
  }

  expect_failures = [var.event_queue_window_seconds]
}

run "refuses_a_drain_that_is_no_time" {
  command = plan

  variables {
    event_queue_drain_seconds = 0.5
  }

  expect_failures = [var.event_queue_drain_seconds]
}

run "refuses_a_drain_longer_than_an_hour" {
  command = plan

  variables {
    event_queue_drain_seconds = 3601
  }

  expect_failures = [var.event_queue_drain_seconds]
}
