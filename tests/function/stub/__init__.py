"""A stub of the AWS services that the function calls, and of the Lambda that calls it."""
