mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  alert_tags               = "all"
  log_retention_days       = 7
  recursion_config_enabled = true

  alert_group_interval_seconds = 60
  alert_repeat_interval_hours  = 168
  reminder_days                = [3, 7, 14]
  resolved_notices_enabled     = false

  account_id               = "123456789012"
  alert_topic_arn          = "arn:aws:sns:us-east-1:123456789012:topic"
  architecture             = "arm64"
  dead_letter_queue_arn    = "arn:aws:sqs:us-east-1:123456789012:queue"
  delay_queue              = { arn = "arn:aws:sqs:us-east-1:123456789012:delay", url = "https://sqs.us-east-1.amazonaws.com/123456789012/delay" }
  environment_suffix       = "qa42"
  event_bus_arn            = "arn:aws:events:us-east-1:123456789012:event-bus/default"
  event_queue              = { arn = "arn:aws:sqs:us-east-1:123456789012:events" }
  function_name            = "function"
  log_bucket               = { arn = "arn:aws:s3:::bucket", name = "bucket" }
  log_group_name           = "/aws/lambda/function"
  log_level                = "INFO"
  metric_namespace         = "TagCompliance"
  owner_patterns           = []
  role_name                = "role"
  settle_seconds           = 60
  state_table              = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table", due_index_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table/index/due", name = "table" }
  suffix                   = "qa42"
  sweep_digest             = "violations"
  tags                     = { Environment = "dev", Owner = "platform-team", Application = "ec2-tag-compliance" }
  tag_policy_json          = "{\"required_tags\":[{\"key\":\"Owner\"}]}"
  violation_events_enabled = true
  watched_states           = ["running"]
  zip_path                 = "tests/fixtures/bootstrap.zip"
  audit_records            = "each"
  metrics                  = "api"
  system_log_level         = "INFO"
}

run "default_zip" {
  command = plan

  override_module {
    target = module.checker
    outputs = {
      function  = { arn = "arn:aws:lambda:us-east-1:123456789012:function:function", function_name = "function" }
      log_group = { name = "group" }
      role      = { arn = "arn:aws:iam::123456789012:role/role", name = "role" }
    }
  }

  assert {
    condition     = local.lambda_zip_path == "./../target/lambda/bootstrap-arm64.zip"
    error_message = "The default zip is ${local.lambda_zip_path}"
  }
}

run "default_zip_of_x86_64" {
  command = plan

  override_module {
    target = module.checker
    outputs = {
      function  = { arn = "arn:aws:lambda:us-east-1:123456789012:function:function", function_name = "function" }
      log_group = { name = "group" }
      role      = { arn = "arn:aws:iam::123456789012:role/role", name = "role" }
    }
  }

  variables {
    architecture = "x86_64"
  }

  assert {
    condition     = local.lambda_zip_path == "./../target/lambda/bootstrap-x86_64.zip"
    error_message = "The default zip is ${local.lambda_zip_path}"
  }
}

run "an_object_in_s3" {
  command = plan

  variables {
    architecture = "x86_64"
    s3_bucket    = "releases"
    s3_key       = "v1/bootstrap-x86_64.zip"
  }

  assert {
    condition = jsonencode([module.checker.function.s3_bucket, module.checker.function.s3_key, module.checker.function.s3_object_version, module.checker.function.filename]) == jsonencode([
      "releases", "v1/bootstrap-x86_64.zip", null, null,
    ])
    error_message = "The function is not deployed only from the object."
  }

  assert {
    condition     = module.checker.function.architectures == tolist(["x86_64"])
    error_message = "The architecture is ${jsonencode(module.checker.function.architectures)}"
  }
}

run "warns_of_a_zip_for_another_architecture" {
  command = plan

  variables {
    architecture = null
    s3_bucket    = "releases"
    s3_key       = "v1/bootstrap-x86_64.zip"
  }

  expect_failures = [check.architecture]
}

run "a_version_of_an_object_in_s3" {
  command = plan

  variables {
    s3_bucket         = "releases"
    s3_key            = "bootstrap.zip"
    s3_object_version = "3"
  }

  assert {
    condition     = module.checker.function.s3_object_version == "3" && module.checker.function.architectures == tolist(["arm64"])
    error_message = "The version or the architecture is another."
  }
}

run "refuses_half_an_object" {
  command = plan

  variables {
    s3_bucket = "releases"
  }

  expect_failures = [var.s3_bucket]
}

run "refuses_a_file_and_an_object" {
  command = plan

  variables {
    lambda_zip_path = "tests/fixtures/bootstrap.zip"
    s3_bucket       = "releases"
    s3_key          = "bootstrap.zip"
  }

  expect_failures = [var.s3_bucket]
}

run "refuses_an_object_that_is_no_zip" {
  command = plan

  variables {
    s3_bucket = "releases"
    s3_key    = "bootstrap.tar"
  }

  expect_failures = [var.s3_key]
}

run "refuses_a_version_of_nothing" {
  command = plan

  variables {
    s3_object_version = "3"
  }

  expect_failures = [var.s3_object_version]
}

run "missing_zip" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    zip_path = "tests/fixtures/missing.zip"
  }

  expect_failures = [aws_lambda_function.checker]
}

run "largest_environment_in_plain" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    tag_policy_json = jsonencode({ required_tags = [{ key = format("%03371d", 0) }] })
  }

  assert {
    condition     = local.environment_sizes.plain == 4095
    error_message = "The largest environment has ${local.environment_sizes.plain} bytes."
  }

  assert {
    condition     = aws_lambda_function.checker.environment[0].variables["TAG_POLICY"] == var.tag_policy_json
    error_message = "TAG_POLICY is: ${aws_lambda_function.checker.environment[0].variables["TAG_POLICY"]}"
  }
}

run "compressed_where_plain_does_not_fit" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    tag_policy_json = jsonencode({ required_tags = [{ key = format("%03374d", 0) }] })
  }

  assert {
    condition     = local.environment_sizes.plain == 4098 && local.environment_sizes.compressed < 1000
    error_message = "The environment has ${local.environment_sizes.plain} bytes, and ${local.environment_sizes.compressed} compressed."
  }

  assert {
    condition     = aws_lambda_function.checker.environment[0].variables["TAG_POLICY"] == base64gzip(var.tag_policy_json)
    error_message = "TAG_POLICY is: ${aws_lambda_function.checker.environment[0].variables["TAG_POLICY"]}"
  }
}

# Sums of hashes do not compress: 64 bytes of each are chance.
run "compressed_almost_too_large" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    tag_policy_json = jsonencode({ required_tags = [for i in range(36) : { key = sha512(i) }] })
  }

  assert {
    condition     = local.environment_sizes.compressed > 3800 && local.environment_sizes.compressed <= 4096
    error_message = "The environment has ${local.environment_sizes.compressed} bytes compressed."
  }

  assert {
    condition     = aws_lambda_function.checker.environment[0].variables["TAG_POLICY"] == base64gzip(var.tag_policy_json)
    error_message = "TAG_POLICY is: ${aws_lambda_function.checker.environment[0].variables["TAG_POLICY"]}"
  }
}

run "compressed_too_large" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    tag_policy_json = jsonencode({ required_tags = [for i in range(39) : { key = sha512(i) }] })
  }

  assert {
    condition     = local.environment_sizes.compressed > 4096 && local.environment_sizes.compressed < 4400
    error_message = "The environment has ${local.environment_sizes.compressed} bytes compressed."
  }

  expect_failures = [aws_lambda_function.checker]
}

run "bytes_not_characters" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    tag_policy_json = jsonencode({ required_tags = [{ key = join("", [for i in range(800) : "üü"]) }] })
  }

  assert {
    condition     = local.environment_sizes.plain > 3200 && local.environment_sizes.plain < 4096
    error_message = "${local.environment_sizes.plain} bytes for 1600 characters of two bytes each."
  }
}

# What the program counts beside a policy: the defaults, with names as long as a suffix makes them.
run "the_other_settings" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    environment_suffix = format("%036d", 0)
    log_bucket         = { arn = "arn:aws:s3:::bucket", name = "compliance-logs-${format("%036d", 0)}" }
    state_table        = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table", due_index_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table/index/due", name = "tag-compliance-state-${format("%036d", 0)}" }
    tag_policy_json    = ""
    watched_states     = ["running", "stopped"]
  }

  assert {
    condition     = local.environment_sizes.plain == local.limits.settings_bytes
    error_message = "The other settings take ${local.environment_sizes.plain} bytes, and limits.json says ${local.limits.settings_bytes}."
  }
}

run "owners_take_the_policys_room" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    owner_patterns  = [for i in range(3) : sha512(i)]
    tag_policy_json = jsonencode({ required_tags = [{ key = format("%03371d", 0) }] })
  }

  assert {
    condition     = local.environment_sizes.plain > 4300 && aws_lambda_function.checker.environment[0].variables["TAG_POLICY"] == base64gzip(var.tag_policy_json)
    error_message = "The environment has ${local.environment_sizes.plain} bytes."
  }
}

run "as_many_owners_as_there_is_room_for" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    owner_patterns = [for i in range(200) : "team-${i}"]
  }

  assert {
    condition     = aws_lambda_function.checker.environment[0].variables["OWNERS"] == base64gzip(jsonencode(sort(var.owner_patterns))) && local.owner_patterns_bytes < 1000
    error_message = "OWNERS takes ${local.owner_patterns_bytes} bytes: ${aws_lambda_function.checker.environment[0].variables["OWNERS"]}"
  }
}

run "refuses_owners_without_room" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    owner_patterns = [for i in range(40) : sha512(i)]
  }

  expect_failures = [aws_lambda_function.checker]
}
