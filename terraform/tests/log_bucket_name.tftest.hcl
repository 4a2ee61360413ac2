mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

# Before anything is applied: a state keeps its suffix.
run "bucket_name_override" {
  variables {
    log_bucket_name = "my.own-bucket"
  }

  assert {
    condition     = module.audit_log.bucket.bucket == "my.own-bucket" && output.log_bucket_name == "my.own-bucket"
    error_message = "log_bucket_name is not used for the bucket."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["LOG_BUCKET_NAME"] == "my.own-bucket"
    error_message = "log_bucket_name does not reach the function."
  }
}
