# An environment that terraform/ applied by itself, now by a module call: its resources move, and none changes.
module "tag_compliance" {
  source = "../.."

  suffix           = var.suffix
  architecture     = var.architecture
  lambda_zip_path  = var.lambda_zip_path
  metric_namespace = var.metric_namespace
}
