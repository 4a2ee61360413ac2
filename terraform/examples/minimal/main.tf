# All defaults: the region comes from your AWS configuration, the zip from scripts/build.sh --release.
module "tag_compliance" {
  source = "../.."

  suffix = "dev"
}
