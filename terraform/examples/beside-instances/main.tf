provider "aws" {
  alias  = "workloads"
  region = var.region

  default_tags {
    tags = { Environment = "prod", Owner = "shop-team", Application = "shop" }
  }
}

# README.md says how to download and verify the zip of a release.
module "tag_compliance" {
  source = "../.."

  providers = { aws = aws.workloads }

  suffix          = var.suffix
  architecture    = var.architecture
  lambda_zip_path = "${path.module}/bootstrap-${var.architecture}.zip"
}

# Your instances. They depend on the module, so that their first launch is checked; default_tags satisfy the policy.
resource "aws_instance" "shop" {
  # checkov:skip=CKV_AWS_8:An example of what is checked, not of how to launch an instance.
  # checkov:skip=CKV_AWS_79:As above.
  # checkov:skip=CKV_AWS_126:As above.
  # checkov:skip=CKV_AWS_135:As above.
  # checkov:skip=CKV2_AWS_41:As above.
  provider = aws.workloads
  count    = 2

  ami           = var.image_id
  instance_type = "t3.nano"
  tags          = { Name = "shop-${count.index}" }

  depends_on = [module.tag_compliance]
}
