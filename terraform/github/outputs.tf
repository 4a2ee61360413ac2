output "janitor_role_arn" {
  description = "ARN of the role that janitor.yml assumes, for the repository variable AWS_JANITOR_ROLE_ARN."
  value       = aws_iam_role.janitor.arn

  # A workflow that assumes the role must find its permissions attached.
  depends_on = [aws_iam_role_policy_attachment.janitor]
}

output "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the environments' roles, for the repository variable PERMISSIONS_BOUNDARY_ARN."
  value       = aws_iam_policy.boundary.arn
}

output "role_arn" {
  description = "ARN of the role that pr-environment.yml assumes, for the repository variable AWS_ROLE_ARN."
  value       = aws_iam_role.github_actions.arn

  # A workflow that assumes the role must find its permissions attached.
  depends_on = [aws_iam_role_policy_attachment.github_actions]
}

output "subjects" {
  description = "Subjects of the tokens that the roles trust."
  value       = local.subjects
}
