mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "pr42"
}

run "queue" {
  assert {
    condition     = module.delay_queue[0].queue.sqs_managed_sse_enabled && !coalesce(module.delay_queue[0].queue.fifo_queue, false)
    error_message = "The queue is not encrypted, or not a standard queue."
  }

  assert {
    condition     = module.delay_queue[0].queue.visibility_timeout_seconds == 6 * module.checker.function.timeout
    error_message = "Messages come back after ${module.delay_queue[0].queue.visibility_timeout_seconds} s, not after six times the function's timeout."
  }

  assert {
    condition     = coalesce(module.delay_queue[0].queue.delay_seconds, 0) == 0
    error_message = "The queue delays by itself: each message has its own delay."
  }

  assert {
    condition     = jsonencode(jsondecode(module.delay_queue[0].queue.redrive_policy)) == jsonencode({ deadLetterTargetArn = module.dead_letter_queue.queue.arn, maxReceiveCount = 5 })
    error_message = "The redrive policy is: ${module.delay_queue[0].queue.redrive_policy}"
  }
}

run "mapping" {
  override_module {
    target = module.delay_queue
    outputs = {
      queue = {
        arn = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:delay"
        url = "https://sqs.us-gov-west-1.amazonaws.com/123456789012/delay"
      }
    }
  }

  assert {
    condition     = module.events.delay_queue_mapping.event_source_arn == "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:delay" && module.events.delay_queue_mapping.function_name == module.checker.function.arn
    error_message = "The mapping is between ${module.events.delay_queue_mapping.event_source_arn} and ${module.events.delay_queue_mapping.function_name}."
  }

  assert {
    condition     = module.events.delay_queue_mapping.batch_size == 100 && module.events.delay_queue_mapping.maximum_batching_window_in_seconds == 1
    error_message = "Batches have ${module.events.delay_queue_mapping.batch_size} messages of ${module.events.delay_queue_mapping.maximum_batching_window_in_seconds} s."
  }

  assert {
    condition     = module.events.delay_queue_mapping.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A message that fails brings back its whole batch."
  }

  assert {
    condition     = coalesce(module.events.delay_queue_mapping.enabled, true) && length(module.events.delay_queue_mapping.filter_criteria) == 0
    error_message = "Not every message is handed over."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["DELAY_QUEUE_URL"] == "https://sqs.us-gov-west-1.amazonaws.com/123456789012/delay"
    error_message = "The function writes to another queue."
  }

  assert {
    condition     = one([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement.Resource if statement.Sid == "UseDelayQueue"]) == "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:delay"
    error_message = "The role may use another queue: ${module.checker.role_policy.policy}"
  }

  assert {
    condition     = output.delay_queue_arn == "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:delay" && output.delay_queue_url == "https://sqs.us-gov-west-1.amazonaws.com/123456789012/delay"
    error_message = "The outputs name another queue."
  }
}

run "none_without_settling" {
  variables {
    settle_seconds = 0
  }

  assert {
    condition     = length(module.delay_queue) == 0 && module.events.delay_queue_mapping == null
    error_message = "There is a queue or a mapping that nothing needs."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["SETTLE_SECONDS"] == "0" && !contains(keys(module.checker.function.environment[0].variables), "DELAY_QUEUE_URL")
    error_message = "The environment is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }

  assert {
    condition     = !contains(jsondecode(module.checker.role_policy.policy).Statement[*].Sid, "UseDelayQueue") && length(jsondecode(module.checker.role_policy.policy).Statement) == 6
    error_message = "The role may do what it does not need: ${module.checker.role_policy.policy}"
  }

  assert {
    condition     = output.delay_queue_arn == null && output.delay_queue_url == null && output.settle_seconds == 0
    error_message = "An output names a queue that is not there."
  }
}

# What the plan can know must not hang on the queue's URL, which is known after the apply only.
run "planned" {
  command = plan

  assert {
    condition     = startswith(module.checker.function.environment[0].variables["TAG_POLICY"], "{\"required_tags\"")
    error_message = "TAG_POLICY is: ${module.checker.function.environment[0].variables["TAG_POLICY"]}"
  }
}
