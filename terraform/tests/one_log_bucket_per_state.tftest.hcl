# Another name would delete the audit log's bucket. The plan keeps the first name, and fails with a message.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  bucket_name    = "compliance-logs-qa42"
  retention_days = 30
  tags           = {}
  writer_arn     = "arn:aws:iam::123456789012:role/checker"
}

run "the_first_name" {
  module {
    source = "./modules/audit-log"
  }

  assert {
    condition     = aws_s3_bucket.audit_log.bucket == "compliance-logs-qa42"
    error_message = "The bucket is called ${aws_s3_bucket.audit_log.bucket}"
  }
}

run "refuses_another_name" {
  command = plan

  module {
    source = "./modules/audit-log"
  }

  variables {
    bucket_name = "audit-qa42"
  }

  expect_failures = [aws_s3_bucket.audit_log]
}

run "goes_on_with_the_first" {
  command = plan

  module {
    source = "./modules/audit-log"
  }

  variables {
    tags = { Owner = "web" }
  }

  assert {
    condition     = aws_s3_bucket.audit_log.bucket == "compliance-logs-qa42"
    error_message = "The bucket is called ${aws_s3_bucket.audit_log.bucket}"
  }
}
