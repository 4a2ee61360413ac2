# An environment that terraform/ applied by itself, managed by a module call from now on: its resources move, none changes.
module "tag_compliance" {
  source = "../.."

  suffix           = var.suffix
  architecture     = var.architecture
  lambda_zip_path  = var.lambda_zip_path
  metric_namespace = var.metric_namespace
}
