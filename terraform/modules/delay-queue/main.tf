# The function puts an event in with a delay, and gets it back when its instance has had its time.
resource "aws_sqs_queue" "delay" {
  name                    = var.queue_name
  sqs_managed_sse_enabled = true

  # Six times the function's timeout, as Lambda asks for, so that no batch that is tried again is handed over twice.
  visibility_timeout_seconds = 6 * 60

  redrive_policy = jsonencode({
    deadLetterTargetArn = var.dead_letter_queue_arn
    maxReceiveCount     = 5
  })
}
