mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  account_id            = "123456789012"
  alert_topic_arn       = "arn:aws:sns:us-east-1:123456789012:topic"
  architecture          = "arm64"
  dead_letter_queue_arn = "arn:aws:sqs:us-east-1:123456789012:queue"
  function_name         = "function"
  log_bucket            = { arn = "arn:aws:s3:::bucket", name = "bucket" }
  log_group_name        = "/aws/lambda/function"
  log_level             = "INFO"
  metric_namespace      = "TagCompliance"
  required_tags         = [{ key = "Owner" }]
  role_name             = "role"
  suffix                = "pr42"
  watched_states        = ["running"]
  zip_path              = "tests/fixtures/bootstrap.zip"
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

  variables {
    required_tags = [{ key = "Owner" }]
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

run "largest_environment" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    required_tags = [{ key = "k", allowed_values = [for i in range(14) : format("%0256d", i)] }, { key = format("%081d", 0) }]
  }

  assert {
    condition     = local.environment_size == 4095
    error_message = "The largest environment has ${local.environment_size} bytes."
  }
}

run "environment_too_large" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    required_tags = [{ key = "k", allowed_values = [for i in range(14) : format("%0256d", i)] }, { key = format("%083d", 0) }]
  }

  expect_failures = [aws_lambda_function.checker]
}

run "bytes_not_characters" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    required_tags = [{ key = "k", allowed_values = [for i in range(8) : join("", [for j in range(200) : "ü"])] }, { key = "ü" }]
  }

  assert {
    condition     = local.environment_size > 3200
    error_message = "${local.environment_size} bytes for 1600 characters of two bytes each."
  }
}
