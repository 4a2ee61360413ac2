# Puts an environment that was applied directly from terraform/ under a module call: its resources move, none changes.
module "tag_compliance" {
  source = "../.."

  suffix           = var.suffix
  architecture     = var.architecture
  lambda_zip_path  = var.lambda_zip_path
  metric_namespace = var.metric_namespace
}
