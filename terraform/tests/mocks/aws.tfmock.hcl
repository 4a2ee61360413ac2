# Neither the default partition nor the default region, so that a test sees what is hard-coded.
mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_default_tags" {
  defaults = {
    tags = {}
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws-cn"
  }
}

mock_data "aws_region" {
  defaults = {
    id = "cn-north-1"
  }
}

mock_resource "aws_chatbot_slack_channel_configuration" {
  defaults = {
    chat_configuration_arn = "arn:aws-cn:chatbot::123456789012:chat-configuration/slack-channel/mock"
  }
}

mock_resource "aws_chatbot_teams_channel_configuration" {
  defaults = {
    chat_configuration_arn = "arn:aws-cn:chatbot::123456789012:chat-configuration/microsoft-teams-channel/mock"
  }
}

mock_resource "aws_cloudwatch_event_api_destination" {
  defaults = {
    arn = "arn:aws-cn:events:cn-north-1:123456789012:api-destination/mock/12345678-0000-4000-8000-000000000000"
  }
}

mock_resource "aws_cloudwatch_event_connection" {
  defaults = {
    arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/mock/12345678-0000-4000-8000-000000000000"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws-cn:events:cn-north-1:123456789012:rule/mock"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:mock"
  }
}

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn        = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock"
    stream_arn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock/stream/2026-01-01T00:00:00.000"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws-cn:iam::123456789012:role/mock"
    id  = "mock-role"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:mock"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws-cn:s3:::mock-bucket"
    id  = "mock-bucket"
  }
}

# A filter that is not set reads as this, and one that is set keeps its value.
mock_resource "aws_s3_bucket_lifecycle_configuration" {
  defaults = {
    rule = {
      filter = {
        prefix = ""
      }
    }
  }
}

mock_resource "aws_sfn_state_machine" {
  defaults = {
    arn = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:mock"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
    url = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mock"
  }
}
