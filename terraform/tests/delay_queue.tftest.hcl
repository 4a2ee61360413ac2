mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "queue" {
  assert {
    condition     = module.delay_queue.queue.sqs_managed_sse_enabled && !coalesce(module.delay_queue.queue.fifo_queue, false)
    error_message = "The queue is not encrypted, or not a standard queue."
  }

  assert {
    condition     = module.delay_queue.queue.visibility_timeout_seconds == 6 * module.checker.function.timeout
    error_message = "Messages come back after ${module.delay_queue.queue.visibility_timeout_seconds} s, not after six times the function's timeout."
  }

  assert {
    condition     = coalesce(module.delay_queue.queue.delay_seconds, 0) == 0
    error_message = "The queue has a default delay: each message should have its own."
  }

  assert {
    condition     = module.delay_queue.queue.message_retention_seconds == 1209600
    error_message = "Messages are dropped after ${module.delay_queue.queue.message_retention_seconds} s."
  }

  assert {
    condition     = jsonencode(jsondecode(module.delay_queue.queue.redrive_policy)) == jsonencode({ deadLetterTargetArn = module.dead_letter_queue.queue.arn, maxReceiveCount = 5 })
    error_message = "The redrive policy is: ${module.delay_queue.queue.redrive_policy}"
  }
}

run "only_the_role_may_send" {
  assert {
    condition = jsonencode(jsondecode(module.delay_queue.queue.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-delay-qa42"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "DenyOtherSenders"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-delay-qa42"
          Condition = { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws-cn:iam::123456789012:role/tag-compliance-checker-role-qa42" } }
        },
      ]
    })
    error_message = "The queue policy is: ${module.delay_queue.queue.policy}"
  }
}

run "mapping" {
  override_module {
    target = module.delay_queue
    outputs = {
      queue = {
        arn = "arn:aws-cn:sqs:cn-north-1:123456789012:delay"
        url = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/delay"
      }
    }
  }

  assert {
    condition     = module.events.delay_queue_mapping.event_source_arn == "arn:aws-cn:sqs:cn-north-1:123456789012:delay" && module.events.delay_queue_mapping.function_name == module.checker.function.arn
    error_message = "The mapping is between ${module.events.delay_queue_mapping.event_source_arn} and ${module.events.delay_queue_mapping.function_name}."
  }

  assert {
    condition     = module.events.delay_queue_mapping.batch_size == 200 && module.events.delay_queue_mapping.maximum_batching_window_in_seconds == 1
    error_message = "Batches have ${module.events.delay_queue_mapping.batch_size} messages of ${module.events.delay_queue_mapping.maximum_batching_window_in_seconds} s."
  }

  assert {
    condition     = module.events.delay_queue_mapping.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A failed message is redelivered with its whole batch."
  }

  assert {
    condition     = coalesce(module.events.delay_queue_mapping.enabled, true) && length(module.events.delay_queue_mapping.filter_criteria) == 0
    error_message = "Not every message is delivered."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["DELAY_QUEUE_URL"] == "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/delay"
    error_message = "The function writes to another queue."
  }

  assert {
    condition     = one([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement.Resource if statement.Sid == "UseDelayQueue"]) == "arn:aws-cn:sqs:cn-north-1:123456789012:delay"
    error_message = "The role may use another queue: ${module.checker.role_policy.policy}"
  }

  assert {
    condition     = output.delay_queue_arn == "arn:aws-cn:sqs:cn-north-1:123456789012:delay" && output.delay_queue_url == "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/delay"
    error_message = "The outputs name another queue."
  }
}

# Sweeps that outlast an invocation still need it.
run "without_settling" {
  variables {
    settle_seconds = 0
  }

  assert {
    condition     = module.checker.function.environment[0].variables["SETTLE_SECONDS"] == "0" && module.checker.function.environment[0].variables["DELAY_QUEUE_URL"] == module.delay_queue.queue.url
    error_message = "The environment is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }

  assert {
    condition     = module.events.delay_queue_mapping.event_source_arn == module.delay_queue.queue.arn && output.settle_seconds == 0
    error_message = "Nothing delivers the messages of the delay queue."
  }
}

run "parts_of_a_sweep_are_no_loop" {
  assert {
    condition     = module.checker.recursion_config.recursive_loop == "Allow" && module.checker.recursion_config.function_name == module.checker.function.function_name
    error_message = "Lambda stops a sweep after 16 parts."
  }
}

# Values known at plan time must not depend on the queue's URL, which is known only after the apply.
run "planned" {
  command = plan

  assert {
    condition     = startswith(module.checker.function.environment[0].variables["TAG_POLICY"], "{\"required_tags\"")
    error_message = "TAG_POLICY is: ${module.checker.function.environment[0].variables["TAG_POLICY"]}"
  }
}
